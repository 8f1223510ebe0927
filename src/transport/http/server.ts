import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../infra/logger.ts';
import { requestIdOf } from '../request-id.ts';
import { refuseUpgrade, type Router } from './router.ts';

/** HTTP server for a router: assigns a request id to each request and shuts down without cutting responses off. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server = createServer(TIMEOUTS, (request, response) => this.#handle(request, response));
  readonly #unanswered = new Set<ServerResponse>();

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server.on('upgrade', (request, connection, head) => {
      connection.on('error', () => connection.destroy());
      if (this.#server.listening) options.router.upgrade(request, connection, head);
      else refuseUpgrade(connection);
    });
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
    this.#server.closeAllConnections(); // only streams remain; their clients resume on another server
    await closed;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { router, logger } = this.#options;
    const requestId = requestIdOf(request.headers);
    response.setHeader('X-Request-ID', requestId);
    this.#unanswered.add(response);
    response.once('close', () => this.#unanswered.delete(response));
    router.handle(request, response, requestId).catch((error: unknown) => {
      logger.error({ err: error, requestId }, 'unhandled error in HTTP route');
      response.destroy();
    });
  }
}

/** Limit how long a slow or idle client can keep a connection. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

/** Time that unfinished responses have when the server closes. */
const CLOSE_GRACE_MS = 5_000;

function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}

export interface HttpServerOptions {
  router: Router;
  logger: Pick<Logger, 'error'>;
  /** Ends connections that outlive a request, such as WebSockets. */
  onClose: () => Promise<void>;
}
