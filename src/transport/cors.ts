import type { CORSOptions } from 'graphql-yoga';

/** CORS options: the origins that may call the API, and the headers it reads and sends. The API uses no cookies. */
export function corsFor(origins: readonly string[]): (request: Request) => CORSOptions {
  const options = {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'X-Request-ID',
      'X-Tenant-ID',
      'X-User-ID',
      'X-API-Key',
    ],
    exposedHeaders: ['X-Request-ID'],
    maxAge: 600,
  };
  return (request) => (isAllowed(origins, request.headers.get('origin')) ? options : false);
}

/** Browsers always send the page's origin; other clients may send none. */
export function isAllowed(origins: readonly string[], origin: string | null | undefined): boolean {
  return typeof origin === 'string' && origins.includes(origin);
}
