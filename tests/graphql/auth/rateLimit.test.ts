import { beforeEach, describe, expect, it } from 'vitest';
import { addressKey } from '../../../src/core/network/address-key.ts';
import { userKey } from '../../../src/modules/limits/rate-limiter.ts';
import { createKey } from '../../support/api-keys.ts';
import { type Account, testApp, type TestApp } from '../../support/app.ts';

const LIMITS = {
  requestsPerMinute: 10,
  authRequestsPerMinute: 3,
  executionsPerMinute: 1,
  executionBurst: 2,
  keyChecksPerMinute: 0,
};

async function send(app: TestApp, query: string, { token }: { token?: string } = {}) {
  const response = await fetch(app.url(), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as {
    data?: Record<string, unknown>;
    errors?: { message: string; path?: unknown; extensions: { code: string; retryAfter?: number } }[];
  };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body };
}

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

describe('rate limits', () => {
  const app = testApp({ config: { role: 'api', rateLimits: LIMITS } });
  const address = `address:${addressKey('127.0.0.1')}`;

  beforeEach(() => app.services.rateLimiter.clear(address));

  async function register(): Promise<Account> {
    await app.services.rateLimiter.clear(address);
    return app.register();
  }

  it('count each root field, aliases too, and refuse the whole operation', async () => {
    const { token } = await register();
    const first = await send(app, `{ ${aliases(9, 'viewer { id }')} }`, { token });
    expect(first.status).toBe(200);
    const second = await send(app, '{ a: viewer { id } b: viewer { id } }', { token });
    expect(second).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(second.data).toBeUndefined();
    const [error] = second.errors!;
    expect(error!.extensions.retryAfter).toBeGreaterThan(0);
    expect(error!.extensions.retryAfter).toBeLessThanOrEqual(60);
    expect(second.retryAfter).toBe(String(error!.extensions.retryAfter));
    expect(error!.message).toBe(`Too many requests. Try again in ${second.retryAfter} seconds.`);
  });

  it('count a user over all sessions, and each API key and each other user apart', async () => {
    const ann = await register();
    const bob = await register();
    const key = await createKey(app, ann);
    await app.services.rateLimiter.clear(userKey(await idOf(app, ann)));
    await send(app, `{ ${aliases(10, '__typename')} }`, { token: ann.token });
    const other = await app.signIn('login', { email: ann.email, password: ann.password });
    expect((await send(app, '{ __typename }', { token: other.accessToken })).status).toBe(429);
    expect((await send(app, '{ __typename }', { token: key.token })).status).toBe(200);
    expect((await send(app, '{ __typename }', { token: bob.token })).status).toBe(200);
  });

  it('count the API keys of a user together too, at five times the limit', async () => {
    const ann = await register();
    const keys = [];
    for (let count = 0; count < 6; count++) keys.push(await createKey(app, ann));
    for (const { token } of keys.slice(0, 5))
      expect((await send(app, `{ ${aliases(10, '__typename')} }`, { token })).status).toBe(200);
    expect((await send(app, '{ __typename }', { token: keys[5]!.token })).status).toBe(429);
    expect((await send(app, '{ __typename }', { token: ann.token })).status).toBe(200);
  });

  it('count messages and runs of an API key for its owner', async () => {
    const ann = await register();
    const { token } = await createKey(app, ann, { permissions: ['PIPELINE_EXECUTE'] });
    const run = 'executePipeline(input: { source: { proposalId: "none" } }) { __typename }';
    expect((await send(app, `mutation { ${aliases(2, run)} }`, { token })).status).toBe(200);
    expect((await send(app, `mutation { ${run} }`, { token: ann.token })).status).toBe(429);
  });

  it('count requests whose headers contradict their token by the address, also of the export', async () => {
    const { token } = await register();
    const headers = { authorization: `Bearer ${token}`, 'x-user-id': 'somebody' };
    await app.services.rateLimiter.clear(address);
    for (let count = 0; count < 5; count++) {
      expect((await app.graphql('{ __typename }', {}, { token, headers })).status).toBe(403);
      expect((await fetch(app.url('/account/export'), { headers })).status).toBe(403);
    }
    expect((await app.graphql('{ __typename }', {}, { token, headers })).status).toBe(429);
    expect((await fetch(app.url('/account/export'), { headers })).status).toBe(429);
    expect((await send(app, '{ __typename }', { token })).status).toBe(200);
  });

  it('count a connection_init that is refused by the address', async () => {
    for (const code of [...Array.from({ length: 10 }, () => 4403), 1013]) {
      const socket = await app.rawSocket();
      socket.send({ type: 'connection_init', payload: { token: 'forged' } });
      expect((await socket.closed).code).toBe(code);
    }
  });

  it('count those who have not signed in by their address, also with a bad token', async () => {
    await send(app, `{ ${aliases(10, '__typename')} }`);
    expect((await send(app, '{ __typename }', { token: 'forged' })).status).toBe(429);
  });

  it('count sign-in apart, also several in one request', async () => {
    const login = 'login(input: { email: "nobody@example.com", password: "wrong" }) { __typename }';
    expect((await send(app, `mutation { ${aliases(2, login)} }`)).status).toBe(200);
    const refused = await send(app, `mutation { ${aliases(2, login)} }`);
    expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(refused.errors![0]!.message).toMatch(/^Too many requests about sign-in\. /);
    expect((await send(app, '{ __typename }')).status).toBe(200);
  });

  it('let messages and runs start in a burst, then at the rate of the bucket', async () => {
    const { token } = await register();
    const run = 'executePipeline(input: { source: { proposalId: "none" } }) { __typename }';
    expect((await send(app, `mutation { ${aliases(2, run)} }`, { token })).status).toBe(200);
    const refused = await send(app, `mutation { ${run} }`, { token });
    expect(refused.errors![0]!.extensions.retryAfter).toBeGreaterThan(50);
    expect(refused.errors![0]!.message).toMatch(/^Too many messages and runs\. /);
    expect((await send(app, '{ viewer { id } }', { token })).status).toBe(200);
  });

  it('take no tokens from the bucket for what another class refuses', async () => {
    const { token } = await register();
    await send(app, `{ ${aliases(10, '__typename')} }`, { token });
    const run = 'executePipeline(input: { source: { proposalId: "none" } }) { __typename }';
    const mixed = `mutation { __typename ${run} }`;
    for (let n = 0; n < 3; n++) expect((await send(app, mixed, { token })).status).toBe(429);
    expect((await send(app, `mutation { ${aliases(2, run)} }`, { token })).status).toBe(200);
  });

  it('say that more than a burst is never allowed', async () => {
    const { token } = await register();
    const run = 'executePipeline(input: { source: { proposalId: "none" } }) { __typename }';
    const { errors } = await send(app, `mutation { ${aliases(3, run)} }`, { token });
    expect(errors![0]).toMatchObject({
      message: 'At most 2 messages and runs are allowed in one request. Send the others in further requests.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('count a document that is not valid as one request, also over WebSocket', async () => {
    const { token } = await register();
    const socket = await app.rawSocket({ headers: { authorization: `Bearer ${token}` } });
    await socket.init();
    for (const [id, query] of Object.entries(['{ nothing }', '{ not closed', '{ not closed'])) {
      expect((await send(app, query, { token })).errors![0]!.extensions.code).toMatch(/FAILED$/);
      socket.subscribe(id, query);
      await socket.next('error', id);
    }
    const { data } = await send(app, '{ rateLimit { remaining } }', { token });
    expect(data).toEqual({ rateLimit: { remaining: 3 } });
    await send(app, `{ ${aliases(3, '__typename')} }`, { token });
    const refused = await send(app, '{ nothing }', { token });
    expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    socket.subscribe('last', '{ nothing }');
    expect(await socket.next('error', 'last')).toMatchObject({
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
    socket.close();
  });

  it('do not count fields that are skipped', async () => {
    const { token } = await register();
    await send(
      app,
      `query ($no: Boolean = false) { ${aliases(9, '__typename @include(if: $no)')} viewer { id } }`,
      { token },
    );
    const { data } = await send(app, '{ rateLimit { limit remaining } }', { token });
    expect(data).toEqual({ rateLimit: { limit: 10, remaining: 8 } });
  });

  it('say when they reset', async () => {
    const { token } = await register();
    const { data } = await send(app, '{ rateLimit { limit remaining resetsAt } }', { token });
    const { resetsAt, ...rest } = data!['rateLimit'] as { resetsAt: string };
    expect(rest).toEqual({ limit: 10, remaining: 9 });
    const left = Date.parse(resetsAt) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('hold for the export, with 429 and Retry-After', async () => {
    const { token } = await register();
    await send(app, `{ ${aliases(10, '__typename')} }`, { token });
    const response = await fetch(app.url('/account/export'), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('hold for SSE', async () => {
    const { token } = await register();
    await send(app, `{ ${aliases(10, '__typename')} }`, { token });
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: 'subscription { approvalEvents { __typename } }' }),
    });
    expect(await response.text()).toContain('RATE_LIMITED');
  });

  it('hold for WebSocket operations and subscriptions: an error for the id, and the socket stays', async () => {
    const { token } = await register();
    const socket = await app.rawSocket({ headers: { authorization: `Bearer ${token}` } });
    await socket.init();
    socket.subscribe('one', `{ ${aliases(10, '__typename')} }`);
    await socket.next('complete', 'one');
    for (const query of ['{ __typename }', 'subscription { approvalEvents { __typename } }']) {
      socket.subscribe(query, query);
      expect(await socket.next('error', query)).toMatchObject({
        payload: [{ extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) as number } }],
      });
    }
    expect((await send(app, '{ __typename }', { token })).status).toBe(429);
    socket.send({ type: 'ping' });
    await socket.next('pong');
    socket.close();
  });
});

describe('a flood of messages', () => {
  const app = testApp({ config: { role: 'api' } });

  it.each([
    ['ping', (_index: number) => ({ type: 'ping' })],
    ['complete of unknown ids', (index: number) => ({ type: 'complete', id: `unknown ${index}` })],
  ])('of %s closes the socket with 1013, and the other sockets stay', async (_name, message) => {
    const { token } = await app.register();
    const open = async () => (await app.rawSocket({ headers: { authorization: `Bearer ${token}` } })).init();
    const [flooding, other] = [await open(), await open()];
    for (let index = 0; index < 10_000; index++) flooding.send(message(index));
    expect((await flooding.closed).code).toBe(1013);
    other.subscribe('query', '{ __typename }');
    await other.next('next', 'query');
    other.close();
  });
});

describe('rateLimit', () => {
  const app = testApp({ config: { role: 'api' } });

  it('is null without a limit', async () => {
    const { token } = await app.register();
    expect((await send(app, '{ rateLimit { limit } }', { token })).data).toEqual({ rateLimit: null });
  });

  it('requires a viewer', async () => {
    expect((await send(app, '{ rateLimit { limit } }')).status).toBe(401);
  });
});

async function idOf(app: TestApp, { email }: Account): Promise<string> {
  const { id } = await app.services.database.prisma.user.findFirstOrThrow({ where: { email } });
  return id;
}
