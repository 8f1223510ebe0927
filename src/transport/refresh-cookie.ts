import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import type { RefreshCookie } from '../kernel/refresh-cookie.ts';
import { isOwnPage, type OriginPolicy } from './cors.ts';

/**
 * A page must send this header, with any value, for the server to read the cookie: a form cannot set it, and a script
 * of a foreign origin only after a CORS preflight, which is refused.
 */
export const REFRESH_HEADER = 'X-Refresh-Session';

/**
 * The cookie of one HTTP request and its response. Only pages of this server and of `origins` can use it: besides the
 * header, the cookie is not sent with requests of other sites (SameSite=Strict).
 */
export function refreshCookie(
  request: IncomingMessage,
  response: ServerResponse,
  { path, origins, isProduction }: CookieSettings,
): RefreshCookie {
  const name = isProduction ? SECURE_NAME : DEVELOPMENT_NAME;
  const token = cookieOf(request.headers.cookie, name);
  const set = (value: string, maxAgeSeconds: number) =>
    response.setHeader(
      'Set-Cookie',
      `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=${path}; ${ATTRIBUTES}`,
    );

  function assertAllowed(): void {
    const { origin } = request.headers;
    if (origin === undefined || isOwnPage(request.headers) || origins.allowsCookies(origin)) return;
    throw new AppError('FORBIDDEN', 'Pages of this origin cannot use the cookie. Add it to CORS_ORIGINS.');
  }

  return {
    assertAllowed,
    read() {
      if (token === null) return null;
      assertAllowed();
      if (request.headers[REFRESH_HEADER.toLowerCase()]) return token;
      throw new AppError(
        'FORBIDDEN',
        `Send the header ${REFRESH_HEADER}: 1 with requests that use the cookie.`,
      );
    },
    write: (value, expiresAt) =>
      set(value, Math.max(Math.floor((expiresAt.getTime() - Date.now()) / 1000), 0)),
    clear: () => void (token !== null && set('', 0)),
  };
}

/** Over WebSocket, which has no response that could set a cookie. */
export const NO_REFRESH_COOKIE: RefreshCookie = {
  assertAllowed() {
    throw new AppError('FORBIDDEN', 'Cookie mode works over HTTP only. Send this mutation over HTTP.');
  },
  read: () => null,
  write: () => NO_REFRESH_COOKIE.assertAllowed(),
  clear: () => {},
};

/** The prefix makes browsers refuse a cookie of this name from an insecure page; they know no exception for localhost. */
const SECURE_NAME = '__Secure-agentforge-refresh';
const DEVELOPMENT_NAME = 'agentforge-refresh';
/** Chromium and Firefox accept `Secure` from http://localhost too. */
const ATTRIBUTES = 'HttpOnly; Secure; SameSite=Strict';

/** Null also for several different values: one of them was planted, perhaps by another host of the same domain. */
function cookieOf(header: string | undefined, name: string): string | null {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  const values = new Set(
    pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1)),
  );
  const [value] = values;
  return values.size === 1 && value ? value : null;
}

interface CookieSettings {
  /** The only path that the cookie is sent to. */
  path: string;
  /** The pages that may use the cookie, in addition to the server's own. */
  origins: OriginPolicy;
  isProduction: boolean;
}
