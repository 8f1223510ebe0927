import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider's server on loopback that the test controls, for behavior that provider mocks do not support. */
export class ScriptedProvider {
  readonly requests: ReceivedRequest[] = [];
  /** Sets the handler of the next requests. */
  answer: (response: http.ServerResponse, request: ReceivedRequest) => unknown = (response) => response.end();
  readonly #server: http.Server;

  constructor() {
    this.#server = http.createServer(async (message, response) => {
      let body = '';
      for await (const bytes of message) body += String(bytes);
      const { headers, url = '' } = message;
      const request: ReceivedRequest = { path: url, headers, body, closedAt: undefined };
      response.on('close', () => (request.closedAt = performance.now()));
      this.requests.push(request);
      await this.answer(response, request);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Starts an event stream and sends its first events. */
export function sendEvents(response: http.ServerResponse, ...events: string[]): http.ServerResponse {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(events.join(''));
  return response;
}

export function sendError(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: http.OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export interface ReceivedRequest {
  /** With its query. */
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** When the answer was complete or the connection was closed, by performance.now(). */
  closedAt: number | undefined;
}
