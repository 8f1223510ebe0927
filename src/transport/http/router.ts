import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isRoute } from '../../access/permissions.ts';
import { answerCors, type CorsRules, type OriginPolicy } from '../cors.ts';
import { isHostAllowed } from '../host.ts';
import { NOT_FOUND, type Refusal, refusalOfHeaders, sendRefusal } from './refusal.ts';

/**
 * Dispatches requests to the routes by their path, and refuses those that no route may see. A route that is not
 * public authorizes the request itself, with `authorizeRoute`.
 */
export class Router {
  readonly #options: RouterOptions;
  readonly #routes: readonly { route: Route; pattern: RegExp }[];

  constructor(options: RouterOptions) {
    const open = options.routes.find(({ path }) => !isRoute(path));
    if (open) throw new Error(`${open.path} is missing in ROUTES (access/permissions.ts)`);
    this.#options = options;
    this.#routes = options.routes.map((route) => ({ route, pattern: patternOf(route) }));
  }

  /** Errors: whatever the route throws. */
  async handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const route = this.#find(request);
    if ('status' in route) return sendRefusal(response, route);
    if (route.cors && answerCors(request, response, route.cors, this.#options.origins)) return;
    await route.handle(request, response, requestId);
  }

  /** Passes an upgrade request, such as one for a WebSocket, to its route. Returns why it is refused, else null. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): Refusal | null {
    const route = this.#find(request);
    if ('status' in route) return route;
    if (!route.upgrade) return NOT_FOUND;
    return route.upgrade(request, connection, head);
  }

  #find(request: IncomingMessage): Route | Refusal {
    const refusal = refusalOfHeaders(request);
    if (refusal) return refusal;
    const path = pathOf(request);
    const route = this.#routes.find(({ pattern }) => pattern.test(path))?.route;
    if (!route?.isForAnyHost && !isHostAllowed(request.headers.host ?? '', this.#options.allowedHosts))
      return UNKNOWN_HOST;
    return route ?? NOT_FOUND;
  }
}

const UNKNOWN_HOST: Refusal = {
  status: 421,
  message:
    'This server does not answer for the host of this request. If the host is yours, add it to ALLOWED_HOSTS.',
};

function patternOf({ path, isAlsoBelowApi }: Route): RegExp {
  return new RegExp(`^${isAlsoBelowApi ? '(?:/api)?' : ''}${path.replace(/\{\w+\}$/, '[^/]+')}$`);
}

/** The last segment of the request's path: the value of `{name}` in the path of its route. */
export function lastSegmentOf(request: Pick<IncomingMessage, 'url'>): string {
  return pathOf(request).split('/').at(-1)!;
}

function pathOf(request: Pick<IncomingMessage, 'url'>): string {
  return URL.parse(request.url ?? '', 'http://any')?.pathname ?? '';
}

export interface RouterOptions {
  routes: readonly Route[];
  /** Names, besides those of loopback, for which the server answers. Null: all. */
  allowedHosts: readonly string[] | null;
  origins: OriginPolicy;
}

export interface Route {
  /** May end with `{name}`, which stands for any one segment. */
  path: string;
  /** Answers below `/api`, too, as a gateway of older clients names it. */
  isAlsoBelowApi?: true;
  /** Absent: pages of other origins may not call the route. */
  cors?: CorsRules;
  /** Answers for any host, because load balancers name a process by its address. */
  isForAnyHost?: true;
  handle: (request: IncomingMessage, response: ServerResponse, requestId: string) => unknown;
  /** Handles an upgrade request, or returns why it is refused. Absent: upgrades are refused. */
  upgrade?: (request: IncomingMessage, connection: Duplex, head: Buffer) => Refusal | null;
}
