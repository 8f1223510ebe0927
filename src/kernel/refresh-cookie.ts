/**
 * The cookie in which a browser keeps the refresh token of its session (cookie mode), so that scripts cannot read it.
 * Over WebSocket there is none: nothing is read, and writing is refused.
 */
export interface RefreshCookie {
  /** Errors: FORBIDDEN when the client of this request may not use the cookie. */
  assertAllowed(): void;
  /** The token that the request brings; null without one. Errors: those of `assertAllowed`. */
  read(): string | null;
  write(token: string, expiresAt: Date): void;
  /** Removes the cookie from the browser, if the request brought one. */
  clear(): void;
}
