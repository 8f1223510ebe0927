import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from './eventually.ts';

/** A graphql-transport-ws connection that sends raw messages and records received ones. */
export class RawSocket {
  readonly messages: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {}); // reported by `closed`
    socket.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as Message));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** Errors: when the server rejects the upgrade, with its status. */
  static async open(
    url: string,
    {
      headers,
      protocol = 'graphql-transport-ws',
    }: { headers?: Record<string, string>; protocol?: string } = {},
  ): Promise<RawSocket> {
    const socket = new WebSocket(url, protocol, { headers });
    const raw = new RawSocket(socket);
    await Promise.race([
      once(socket, 'open'),
      once(socket, 'unexpected-response').then(([, response]) => {
        throw new Error(`refused with ${(response as { statusCode: number }).statusCode}`);
      }),
    ]);
    return raw;
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends connection_init and waits for connection_ack. */
  async init(payload?: unknown): Promise<this> {
    this.send({ type: 'connection_init', payload });
    await this.next('connection_ack');
    return this;
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  /** The first message of this type, and of this operation if given. */
  next(type: string, id?: string): Promise<Message> {
    return eventually(() => {
      const found = this.messages.find((message) => message.type === type && (!id || message.id === id));
      if (!found) throw new Error(`no ${type} among ${JSON.stringify(this.messages)}`);
      return found;
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Reads nothing more of what the server sends. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.terminate();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}
