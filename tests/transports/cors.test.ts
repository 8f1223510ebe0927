import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';
import { rawRequest } from '../support/raw-http.ts';

const PAGE = 'https://app.example.com';

describe('CORS outside production', () => {
  const app = testApp({ config: { role: 'api' } });

  const ask = (path: string, origin: string, method = 'OPTIONS') =>
    rawRequest(app.url(path), {
      method,
      headers: { origin, ...(method === 'OPTIONS' && { 'access-control-request-method': 'GET' }) },
    });

  it.each([
    {
      path: '/graphql?query={__typename}',
      methods: 'GET, POST, OPTIONS',
      reads:
        'Authorization, Content-Type, X-Refresh-Session, X-API-Key, X-Request-ID, X-Tenant-ID, X-User-ID',
      sends: 'X-Request-ID, Retry-After, WWW-Authenticate',
      credentials: 'true',
    },
    {
      path: '/account/export',
      methods: 'GET, OPTIONS',
      reads: 'Authorization, X-Request-ID, X-Tenant-ID, X-User-ID',
      sends: 'X-Request-ID, Retry-After, WWW-Authenticate, Content-Disposition',
    },
    {
      path: '/api/aura/hitl/approve/1',
      methods: 'POST, OPTIONS',
      reads: 'Authorization, Content-Type, X-API-Key, X-Request-ID, X-Tenant-ID, X-User-ID',
      sends: 'X-Request-ID, Retry-After, WWW-Authenticate',
    },
    { path: '/health', methods: 'GET, OPTIONS', reads: 'X-Request-ID', sends: 'X-Request-ID' },
    { path: '/ready', methods: 'GET, OPTIONS', reads: 'X-Request-ID', sends: 'X-Request-ID' },
  ])('names for $path only what it reads and sends', async ({ path, methods, reads, sends, credentials }) => {
    const preflight = await ask(path, PAGE);
    expect(preflight.status).toBe(204);
    const common = {
      'access-control-allow-origin': PAGE,
      'access-control-expose-headers': sends,
      ...(credentials && { 'access-control-allow-credentials': credentials }),
    };
    expect(corsOf(preflight.headers)).toEqual({
      ...common,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': reads,
      'access-control-max-age': '600',
    });
    const answer = await ask(path, PAGE, 'GET');
    expect(corsOf(answer.headers)).toEqual(common);
    expect(answer.headers.vary).toBe('Origin');
  });

  it.each(['http://localhost:5173', 'http://localhost', 'https://127.0.0.1:8443', 'http://[::1]:3000'])(
    'allows the local page %s, without cookies',
    async (origin) => {
      const { headers } = await ask('/graphql', origin);
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    },
  );

  it.each([
    'https://evil.example',
    'null',
    '*',
    `${PAGE}.evil.example`,
    `${PAGE}:444`,
    'http://app.example.com',
    'http://localhost.evil.example',
    'http://localhost:1@evil.example',
    'http://localhost:123456',
    'HTTP://LOCALHOST:1',
  ])('gives nothing to %s, but varies by the origin', async (origin) => {
    for (const path of ['/graphql?query={__typename}', '/account/export', '/health']) {
      for (const method of ['OPTIONS', 'GET']) {
        const { headers } = await ask(path, origin, method);
        expect(corsOf(headers)).toEqual({});
        expect(headers.vary).toBe('Origin');
      }
    }
  });

  it('varies by the origin also without one', async () => {
    expect((await rawRequest(app.url('/graphql?query={__typename}'))).headers.vary).toBe('Origin');
  });
});

describe('CORS in production', () => {
  const app = testApp({ config: { role: 'api', environment: 'production' } });

  it('allows configured origins only', async () => {
    const originOf = async (origin: string) =>
      (await rawRequest(app.url('/health'), { headers: { origin } })).headers['access-control-allow-origin'];
    expect(await originOf(PAGE)).toBe(PAGE);
    expect(await originOf('http://localhost:3000')).toBeUndefined();
  });
});

function corsOf(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control')));
}
