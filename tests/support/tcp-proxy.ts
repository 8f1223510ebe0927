import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between the app and a server that lets a test make the server unavailable and available again. */
export class TcpProxy {
  #target = { host: '', port: 0 };
  #isCut = false;
  readonly #connections = new Set<Socket>();
  readonly #server = createServer((client) => this.#join(client));

  /** The URL of the server through this proxy. */
  async start(targetUrl: string): Promise<string> {
    const url = new URL(targetUrl);
    this.#target = { host: url.hostname, port: Number(url.port) };
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Breaks all connections, and new ones immediately. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#connections) connection.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.#isCut) return void client.destroy();
    const server = connect(this.#target);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#connections.add(one);
      one.on('error', () => {}); // reported by `close`
      one.on('close', () => {
        this.#connections.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
