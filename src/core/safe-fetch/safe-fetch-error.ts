export class SafeFetchError extends Error {
  readonly code: SafeFetchErrorCode;

  constructor(code: SafeFetchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SafeFetchError';
    this.code = code;
  }
}

/** A URL that is not fetched. */
export function refusedUrl(message: string): SafeFetchError {
  return new SafeFetchError('URL_NOT_ALLOWED', message);
}

/** `fetch` wraps the errors of its connector. */
export function safeFetchErrorIn(error: unknown): SafeFetchError | undefined {
  if (error instanceof SafeFetchError) return error;
  return error instanceof Error ? safeFetchErrorIn(error.cause) : undefined;
}

export type SafeFetchErrorCode =
  /** Not http or https, a forbidden port, credentials in the URL, no such host, or not a public one. */
  | 'URL_NOT_ALLOWED'
  | 'TOO_MANY_REDIRECTS'
  /** The connection failed or was interrupted. */
  | 'UNREACHABLE'
  | 'TIMEOUT'
  /** Too many fetches wait for their turn. */
  | 'BUSY'
  /** A status that is neither success nor a redirect. */
  | 'HTTP_ERROR'
  /** Neither text nor JSON nor XML. */
  | 'UNREADABLE'
  | 'TOO_LARGE';
