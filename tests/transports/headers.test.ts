import { describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { testApp } from '../support/app.ts';
import { rawBytes, rawRequest } from '../support/raw-http.ts';

const NEW_ID = /^[0-9a-f-]{36}$/;
const JSON_TYPE = { 'content-type': 'application/json' };
const VIEWER = JSON.stringify({ query: '{ viewer { id } }' });
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('headers of requests', () => {
  const app = testApp({ config: { role: 'api', allowedHosts: ['api.example.com'] } });

  const post = (headers: Record<string, string | string[]>, body = VIEWER) =>
    rawRequest(app.url(), { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

  it('an API key is accepted as a bearer token and as X-API-Key; of both kinds, the bearer token counts', async () => {
    const { token } = await app.register();
    const key = await createKey(app, { token });
    const bearer = { authorization: `Bearer ${key.token}` };
    expect((await post(bearer)).status).toBe(200);
    expect((await post({ 'x-api-key': key.token })).status).toBe(200);
    expect((await post({ authorization: `Bearer ${token}`, 'x-api-key': 'wrong' })).status).toBe(200);
    expect((await post({ authorization: 'Bearer wrong', 'x-api-key': key.token })).status).toBe(401);
  });

  it.each(['authorization', 'x-api-key', 'x-tenant-id', 'x-user-id', 'origin', 'content-type'])(
    'a repeated %s is refused, equal or not',
    async (name) => {
      for (const values of [
        ['a', 'b'],
        ['a', 'a'],
      ]) {
        const { status, body } = await rawRequest(app.url('/health'), { headers: { [name]: values } });
        expect(status).toBe(400);
        expect(JSON.parse(body)).toEqual({ error: `The header ${name} must be sent once.` });
      }
    },
  );

  it.each(['X-Tenant-ID', 'X-User-ID'])('%s must be that of the token, and grants nothing', async (name) => {
    const { token, session } = await app.register();
    const { id: userId } = await app.services.database.prisma.user.findFirstOrThrow({
      where: { email: session.user.email },
    });
    const own = name === 'X-User-ID' ? userId : session.user.tenant.externalId;
    const authorization = `Bearer ${token}`;
    expect((await post({ authorization, [name]: own })).status).toBe(200);
    for (const other of ['other', '', `${own}\u00a0`, `${own},${own}`]) {
      const { status, body } = await post({ authorization, [name]: other });
      expect(status).toBe(403);
      expect(body).toContain(`${name.slice(2, -3)} ID mismatch between JWT and header`);
    }
    expect((await post({ [name]: own })).status).toBe(401);
  });

  it.each(['evil.example', 'localhost.evil.example', 'evil.example:9000', '192.0.2.1', 'a b', '[::2]'])(
    'the host %j is refused, for upgrades too',
    async (host) => {
      const answers = [
        await rawRequest(app.url(), { method: 'POST', headers: { ...JSON_TYPE, host }, body: VIEWER }),
        await rawRequest(app.url(), { headers: { ...UPGRADE, host, origin: `http://${host}` } }),
        await rawRequest(app.url(), {
          method: 'OPTIONS',
          headers: { host, origin: 'https://app.example.com' },
        }),
      ];
      for (const { status, body, headers } of answers) {
        expect(status).toBe(421);
        expect(body).toContain('ALLOWED_HOSTS');
        expect(headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  it('loopback and listed hosts are answered; the probes answer any host', async () => {
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      '127.0.0.1',
      '[::1]:9000',
      'api.example.com',
      'API.example.com:443',
    ])
      expect((await post({ host }, '{"query":"{ __typename }"}')).status).toBe(200);
    for (const path of ['/health', '/ready'])
      expect((await rawRequest(app.url(path), { headers: { host: '10.0.0.7:9000' } })).status).toBe(200);
  });

  it.each(['', 'Host: localhost\r\nHost: localhost\r\n', 'Host: localhost\r\nHost: evil.example\r\n'])(
    'a request without a host, or with two, is refused: %j',
    async (hosts) => {
      const answer = await rawBytes(app.url(), `GET /health HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
    },
  );
});

describe('headers of responses', () => {
  const app = testApp({ config: { role: 'api' } });

  it.each<[string, number, () => ReturnType<typeof rawRequest>]>([
    ['a query', 200, () => rawRequest(app.url('/graphql?query={__typename}'))],
    ['a probe', 200, () => rawRequest(app.url('/health'))],
    ['a preflight', 204, () => rawRequest(app.url(), { method: 'OPTIONS' })],
    ['a malformed body', 400, () => rawRequest(app.url(), { method: 'POST', headers: JSON_TYPE, body: '{' })],
    ['a repeated header', 400, () => rawRequest(app.url(), { headers: { 'x-user-id': ['a', 'b'] } })],
    ['no credentials', 401, () => rawRequest(app.url('/account/export'))],
    ['an unknown path', 404, () => rawRequest(app.url('/nowhere'))],
    ['a wrong method', 405, () => rawRequest(app.url(), { method: 'PUT' })],
    [
      'an unacceptable type',
      406,
      () => rawRequest(app.url('/graphql?query={__typename}'), { headers: { accept: 'image/png' } }),
    ],
    [
      'a large body',
      413,
      () => rawRequest(app.url(), { method: 'POST', headers: JSON_TYPE, body: 'x'.repeat(1_000_001) }),
    ],
    [
      'a form',
      415,
      () => rawRequest(app.url(), { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' }),
    ],
    ['an unknown expectation', 417, () => rawRequest(app.url('/health'), { headers: { expect: 'tea' } })],
    [
      'an upgrade',
      101,
      () =>
        rawRequest(app.url(), { headers: { ...UPGRADE, 'sec-websocket-protocol': 'graphql-transport-ws' } }),
    ],
    [
      'a malformed upgrade',
      400,
      () => rawRequest(app.url(), { headers: { ...UPGRADE, 'sec-websocket-key': 'x' } }),
    ],
    [
      'a foreign upgrade',
      403,
      () => rawRequest(app.url(), { headers: { ...UPGRADE, origin: 'https://evil.example' } }),
    ],
    ['an upgrade elsewhere', 404, () => rawRequest(app.url('/health'), { headers: UPGRADE })],
    ['an upgrade nowhere', 404, () => rawRequest(app.url('/nowhere'), { headers: UPGRADE })],
  ])('%s: the response with %i has a request id and forbids sniffing', async (_what, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers['x-request-id']).toMatch(NEW_ID);
    if (status !== 101) expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', '400 Bad Request'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \0\r\n\r\n', '400 Bad Request'],
    ['a line break in a name', 'GET / HTTP/1.1\r\nHost: localhost\r\nX A: b\r\n\r\n', '400 Bad Request'],
    [
      '1 MB of headers',
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(1_000_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    [
      '1 MB of address',
      `GET /${'a'.repeat(1_000_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
  ])('what Node refuses to read has a request id too: %s', async (_what, bytes, status) => {
    const answer = await rawBytes(app.url(), bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\nX-Request-ID: [0-9a-f-]{36}\r\n`));
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer.length).toBeLessThan(1_000);
  });

  it('answers of GraphQL are not stored by caches', async () => {
    const { headers } = await rawRequest(app.url('/graphql?query={__typename}'));
    expect(headers['cache-control']).toBe('no-store');
  });

  describe('with status 401', () => {
    const ask = async (headers: Record<string, string>, accept = 'application/graphql-response+json') => {
      const response = await rawRequest(app.url(), {
        method: 'POST',
        headers: { ...JSON_TYPE, accept, ...headers },
        body: VIEWER,
      });
      const { errors } = JSON.parse(response.body) as { errors: { extensions: object }[] };
      return {
        status: response.status,
        challenge: response.headers['www-authenticate'],
        ...errors[0]!.extensions,
      };
    };
    const INVALID = /^Bearer realm="agentforge", error="invalid_token", error_description="[ !#-[\]-~]+"$/;

    it('name the reason, and how to authenticate', async () => {
      const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
      const { token, session } = await app.register();
      const key = await createKey(app, { token });
      const code = 'UNAUTHENTICATED';
      const challenge = expect.stringMatching(INVALID) as string;
      expect(await ask({})).toEqual({
        status: 401,
        code,
        reason: 'MISSING',
        challenge: 'Bearer realm="agentforge"',
      });
      expect(await ask({ authorization: 'Basic abc' })).toMatchObject({ reason: 'MISSING' });
      expect(await ask(bearer('x'))).toEqual({ status: 401, code, reason: 'INVALID', challenge });
      expect(await ask({ 'x-api-key': 'x' })).toEqual({ status: 401, code, reason: 'INVALID', challenge });

      await app.mutate('revokeApiKey', { apiKeyId: key.id }, '', { token });
      expect(await ask(bearer(key.token))).toEqual({ status: 401, code, reason: 'REVOKED', challenge });
      await app.mutate('logout', { refreshToken: session.refreshToken });
      expect(await ask(bearer(token))).toEqual({ status: 401, code, reason: 'REVOKED', challenge });
      expect(await ask(bearer(token), 'application/json')).toMatchObject({ status: 401, challenge });
    });

    it('a response with another status has no challenge', async () => {
      const { status, headers } = await rawRequest(app.url(), {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ query: '{ __typename viewer { id } }' }),
      });
      expect(status).toBe(200);
      expect(headers['www-authenticate']).toBeUndefined();
    });

    it.each(['\u00ff\u00fe', 'é'.repeat(100), 'a'.repeat(10_000), '..', 'a.b.c', '%00', '\u0080'])(
      'odd tokens are invalid: %j',
      async (token) => {
        expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({
          status: 401,
          reason: 'INVALID',
        });
        expect(await ask({ 'x-api-key': token })).toMatchObject({ status: 401, reason: 'INVALID' });
      },
    );
  });
});
