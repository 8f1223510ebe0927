import type { CORSOptions } from 'graphql-yoga';

/** Which pages of other sites may call the API. No cookies are involved, so credentials are never allowed. */
export function corsFor(origins: readonly string[]): (request: Request) => CORSOptions {
  const options = {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Last-Event-ID',
      'X-API-Key',
      'X-Request-ID',
      'X-Tenant-ID',
      'X-User-ID',
    ],
    exposedHeaders: ['X-Request-ID', 'Retry-After'],
    maxAge: 600,
  };
  return (request) => (isAllowed(origins, request.headers.get('origin')) ? options : false);
}

/** A browser always says where a page came from; other clients say nothing. */
export function isAllowed(origins: readonly string[], origin: string | null | undefined): boolean {
  return typeof origin === 'string' && origins.includes(origin);
}
