import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll } from 'vitest';

/**
 * For a file: a proxy between an app and its database that drops the confirmation of one commit together with its
 * connection: that of the first transaction that sends the text passed to `lose`.
 */
export class LostAnswer {
  /** Whether the confirmation has been dropped. */
  isLost = false;
  #marker: string | null = null;
  readonly #target: URL;
  readonly #server = createServer((client) => {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let isMarked = false;
    let isCommitted = false;
    client.on('data', (chunk) => {
      isMarked ||= this.#marker !== null && chunk.includes(this.#marker);
      isCommitted = isMarked && chunk.includes('COMMIT');
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!isCommitted) return void client.write(chunk);
      this.isLost = true;
      this.#marker = null;
      client.destroy();
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {}); // reported by `close`
      one.on('close', () => other.destroy());
    }
  });

  constructor(databaseUrl: string) {
    this.#target = new URL(databaseUrl);
    afterAll(() => void this.#server.close());
  }

  /** The URL of the database through this proxy. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  lose(marker: string): void {
    this.isLost = false;
    this.#marker = marker;
  }
}
