import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readiness } from '../../../../src/transport/http/health.ts';

const up = () => Promise.resolve();
const down = () => Promise.reject(new Error('away'));
const silent = () => new Promise(() => {});

async function ask(listener: RequestListener): Promise<{ code: number; body: unknown }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { code: response.status, body: await response.json() };
}

describe('readiness', () => {
  it.each([
    [
      { database: up, queue: up, redis: up },
      200,
      { status: 'ready', database: 'up', queue: 'up', redis: 'up' },
    ],
    [{ database: up }, 200, { status: 'ready', database: 'up', queue: 'off', redis: 'off' }],
    [{ database: up, redis: down }, 200, { status: 'degraded', database: 'up', queue: 'off', redis: 'down' }],
    [
      { database: down, redis: up },
      503,
      { status: 'unavailable', database: 'down', queue: 'off', redis: 'up' },
    ],
    [
      { database: up, queue: down },
      503,
      { status: 'unavailable', database: 'up', queue: 'down', redis: 'off' },
    ],
  ])('of %o is %i', async (probes, code, body) => {
    expect(await ask(readiness(probes))).toEqual({ code, body });
  });

  it('treats a dependency that does not answer within 2 seconds as down', async () => {
    expect(await ask(readiness({ database: silent }))).toMatchObject({
      code: 503,
      body: { database: 'down' },
    });
  });
});
