import { once } from 'node:events';
import { request as startRequest } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OriginPolicy } from '../../../../src/transport/cors.ts';
import { type Route, Router } from '../../../../src/transport/http/router.ts';
import { HttpServer } from '../../../../src/transport/http/server.ts';

describe('Router', () => {
  it('passes a request to the route with its path, ignoring the query, and answers 404 to others', async () => {
    const { url } = await serve([
      { path: '/health', handle: (_request, response, id) => response.end(`a ${id}`) },
    ]);
    const headers = { 'x-request-id': 'mine' };
    expect(await (await fetch(`${url}/health?b=c`, { headers })).text()).toBe('a mine');
    expect((await fetch(`${url}/health/b`)).status).toBe(404);
    expect((await fetch(url)).status).toBe(404);
  });

  it('cannot be made with a route that is missing in ROUTES', () => {
    const handle = () => {};
    expect(() => routerOf([{ path: '/backdoor', handle }])).toThrow('/backdoor is missing in ROUTES');
  });

  it('rejects an upgrade on a route that takes none', async () => {
    const { url } = await serve([{ path: '/health', handle: (_request, response) => response.end() }]);
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const request = startRequest(`${url}/health`, { headers }).end();
    const [response] = await once(request, 'response');
    expect(response).toMatchObject({ statusCode: 404 });
  });
});

describe('HttpServer', () => {
  it('logs what a route throws, with the id of the request, and ends the connection', async () => {
    const { url, errors } = await serve([
      { path: '/health', handle: () => Promise.reject(new Error('broken')) },
    ]);
    await expect(fetch(`${url}/health`, { headers: { 'x-request-id': 'mine' } })).rejects.toThrow();
    expect(errors).toMatchObject([{ requestId: 'mine', err: { message: 'broken' } }]);
  });

  it('lets answers finish before it closes', async () => {
    const asked = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const { url, server } = await serve([
      {
        path: '/ready',
        handle: async (_request, response) => {
          asked.resolve();
          await ready.promise;
          response.end('done');
        },
      },
    ]);
    const answer = fetch(`${url}/ready`).then((response) => response.text());
    await asked.promise;
    const closed = server.close();
    ready.resolve();
    expect(await answer).toBe('done');
    await closed;
  });
});

async function serve(routes: Route[]) {
  const errors: unknown[] = [];
  const server = new HttpServer({
    router: routerOf(routes),
    logger: { error: (details: unknown) => void errors.push(details) },
    onClose: async () => {},
  });
  onTestFinished(() => server.close());
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, errors, url: `http://127.0.0.1:${port}` };
}

function routerOf(routes: Route[]): Router {
  const origins = new OriginPolicy({ origins: [], isAnyLocalhostAllowed: false });
  return new Router({ routes, allowedHosts: null, origins });
}
