import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../infra/logger.ts';
import { requestIdOf } from '../request-id.ts';
import { type Refusal, sendRefusal, setCommonHeaders, writeRefusal } from './refusal.ts';
import type { Router } from './router.ts';
import { WriteDeadline } from './write-deadline.ts';

/** HTTP server for a router: gives each response a request id, and shuts down without cutting responses off. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server = createServer(SERVER_OPTIONS, (request, response) => this.#handle(request, response));
  readonly #writeDeadline: WriteDeadline;
  readonly #unanswered = new Set<ServerResponse>();
  readonly #unreadable = new WeakSet<Duplex>();

  constructor(options: HttpServerOptions) {
    const { writeTimeoutMs = WRITE_TIMEOUT_MS } = options;
    this.#options = options;
    this.#writeDeadline = new WriteDeadline(writeTimeoutMs);
    this.#server.on('connection', (connection: Socket) => this.#writeDeadline.watch(connection));
    this.#server.setTimeout(writeTimeoutMs, (connection) => this.#endIdle(connection));
    this.#server.on('upgrade', (request, connection, head) => this.#upgrade(request, connection, head));
    this.#server.on('clientError', (error, connection) => this.#refuseUnreadable(error, connection));
    this.#server.on('checkExpectation', (request, response) =>
      this.#refuse(request, response, UNKNOWN_EXPECTATION),
    );
  }

  async listen({ host, port }: { host: string; port: number }): Promise<AddressInfo> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /** Stops accepting requests, lets responses finish, then ends sockets and streams. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : null;
    this.#server.close();
    await this.#options.onClose();
    const answers = [...this.#unanswered].filter((response) => !isStream(response));
    const sent = Promise.all(answers.map((response) => once(response, 'close')));
    await Promise.race([sent, sleep(CLOSE_GRACE_MS, undefined, { ref: false })]);
    this.#writeDeadline.close();
    this.#server.closeAllConnections(); // only streams remain; their clients resume on another server
    await closed;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { router, logger } = this.#options;
    const requestId = requestIdOf(request.headers);
    setCommonHeaders(response, requestId);
    this.#unanswered.add(response);
    response.once('close', () => this.#unanswered.delete(response));
    router.handle(request, response, requestId).catch((error: unknown) => {
      logger.error({ err: error, requestId }, 'unhandled error in HTTP route');
      response.destroy();
    });
  }

  /** Ends a connection without traffic. An answer that is still being made, or a stream without events, goes on. */
  #endIdle(connection: Socket): void {
    const isAnswering = [...this.#unanswered].some(({ socket }) => socket === connection);
    if (!isAnswering) connection.destroy();
  }

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    connection.on('error', () => connection.destroy());
    const refusal = this.#server.listening
      ? this.#options.router.upgrade(request, connection, head)
      : RESTARTING;
    if (refusal) writeRefusal(connection, refusal, requestIdOf(request.headers));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    setCommonHeaders(response, requestIdOf(request.headers));
    sendRefusal(response, refusal);
  }

  /** Answers what Node cannot read as a request. Node reports each further piece of data again. */
  #refuseUnreadable(error: NodeJS.ErrnoException, connection: Duplex): void {
    if (this.#unreadable.has(connection)) return;
    this.#unreadable.add(connection);
    const isAnswering = [...this.#unanswered].some(
      ({ socket, headersSent }) => socket === connection && headersSent,
    );
    if (isAnswering || !connection.writable || error.code === 'ECONNRESET') connection.destroy();
    else writeRefusal(connection, UNREADABLE[error.code ?? ''] ?? MALFORMED, randomUUID());
  }
}

/** Size of the request line and all headers together. */
export const MAX_HEADER_BYTES = 16_384;

const SERVER_OPTIONS = {
  // Limit how long a slow or idle client can keep a connection.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: MAX_HEADER_BYTES,
  requireHostHeader: false, // refused by the router, with a request id
};

const MALFORMED: Refusal = { status: 400, message: 'The request is malformed.' };
const UNREADABLE: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: `The headers are larger than ${MAX_HEADER_BYTES} bytes.` },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'The chunk extensions are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
};
const UNKNOWN_EXPECTATION: Refusal = { status: 417, message: 'The header Expect must be 100-continue.' };
const RESTARTING: Refusal = { status: 503, message: 'The server is restarting. Connect again.' };

/** A client that takes nothing of its answer for so long is disconnected. */
const WRITE_TIMEOUT_MS = 30_000;

/** Time that unfinished responses have when the server closes. */
const CLOSE_GRACE_MS = 5_000;

function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}

export interface HttpServerOptions {
  router: Router;
  logger: Pick<Logger, 'error'>;
  /** Time in which a client must take something of its answer. */
  writeTimeoutMs?: number;
  /** Ends connections that outlive a request, such as WebSockets. */
  onClose: () => Promise<void>;
}
