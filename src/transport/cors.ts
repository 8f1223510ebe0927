import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** The web pages that may call the API. */
export class OriginPolicy {
  readonly #origins: ReadonlySet<string>;
  readonly #isAnyLocalhostAllowed: boolean;

  constructor({
    origins,
    isAnyLocalhostAllowed,
  }: {
    origins: readonly string[];
    isAnyLocalhostAllowed: boolean;
  }) {
    this.#origins = new Set(origins);
    this.#isAnyLocalhostAllowed = isAnyLocalhostAllowed;
  }

  /** Whether pages of this origin may call the API. `null`, the origin of sandboxed pages, is never allowed. */
  allows(origin: string): boolean {
    return this.#origins.has(origin) || (this.#isAnyLocalhostAllowed && LOCALHOST.test(origin));
  }

  /** Whether they may also use the cookie of this server: only where the settings name the origin. */
  allowsCookies(origin: string): boolean {
    return this.#origins.has(origin);
  }
}

const LOCALHOST = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

/** What pages of other origins may do with a route: each list names only what the route reads or sends. */
export interface CorsRules {
  methods: readonly string[];
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  /** Whether the route reads or sets a cookie. */
  hasCookies?: true;
}

/** Whether the page comes from this server. Behind a proxy that ends TLS, the scheme is that of the page. */
export function isOwnPage({ origin, host }: IncomingHttpHeaders): boolean {
  const page = URL.parse(origin ?? '');
  return page !== null && page.host !== '' && page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}

/**
 * Sets the CORS headers of a response; other origins than those of the policy get none. Answers an OPTIONS request and
 * returns true: it is a preflight, which no route handles.
 */
export function answerCors(
  request: IncomingMessage,
  response: ServerResponse,
  { methods, requestHeaders, responseHeaders, hasCookies }: CorsRules,
  policy: OriginPolicy,
): boolean {
  const { origin } = request.headers;
  const isPreflight = request.method === 'OPTIONS';
  response.setHeader('Vary', 'Origin'); // also without an origin, because caches store that answer too
  if (origin !== undefined && policy.allows(origin)) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Expose-Headers', responseHeaders.join(', '));
    if (hasCookies && policy.allowsCookies(origin))
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    if (isPreflight) {
      response.setHeader('Access-Control-Allow-Methods', methods.join(', '));
      response.setHeader('Access-Control-Allow-Headers', requestHeaders.join(', '));
      response.setHeader('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    }
  }
  if (isPreflight) response.writeHead(204, { 'Content-Length': 0 }).end(); // Safari waits for a body without it
  return isPreflight;
}

const PREFLIGHT_SECONDS = 600;
