import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Dispatches requests to the routes by their exact path. */
export class Router {
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(routes: readonly Route[]) {
    this.#routes = new Map(routes.map((route) => [route.path, route]));
  }

  /** Answers 404 when no route has the path. Errors: whatever the route throws. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const route = this.#routes.get(pathOf(request));
    if (route) await route.handle(request, response, requestId);
    else response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"Not found"}');
  }

  /** Answers 404 when no route with this path accepts upgrades. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const route = this.#routes.get(pathOf(request));
    if (route?.upgrade) route.upgrade(request, connection, head);
    else refuseUpgrade(connection);
  }
}

export function refuseUpgrade(connection: Duplex): void {
  connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

function pathOf(request: IncomingMessage): string {
  return URL.parse(request.url ?? '', 'http://any')?.pathname ?? '';
}

export interface Route {
  path: string;
  handle: (request: IncomingMessage, response: ServerResponse, requestId: string) => unknown;
  /** Handles an upgrade request, such as one for a WebSocket. Absent: upgrades are refused. */
  upgrade?: (request: IncomingMessage, connection: Duplex, head: Buffer) => void;
}
