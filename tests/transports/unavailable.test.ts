import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { hmac, now, token } from '../support/forged-token.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const VIEWER = '{ viewer { id } }';

describe('while the database is unavailable', () => {
  const proxy = new TcpProxy();
  const app = testApp({
    config: { role: 'api', jwtSecretKey: 'only for tests: a secret that two services share' },
    proxy,
  });
  afterEach(() => proxy.mend());
  afterAll(() => proxy.close());

  it('HTTP answers 503 with SERVICE_UNAVAILABLE, and recovers', async () => {
    const user = await app.register();
    proxy.cut();
    const { status, errors } = await app.graphql(VIEWER, {}, user);
    expect(status).toBe(503);
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
    const login = await app.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
      { input: { email: user.email, password: user.password } },
    );
    expect(login).toMatchObject({ status: 503, errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });

    proxy.mend();
    await eventually(async () => expect((await app.graphql(VIEWER, {}, user)).status).toBe(200));
  });

  it('a decision over REST answers 503 as JSON', async () => {
    const { token: bearer } = await app.register();
    proxy.cut();
    const response = await fetch(app.url('/aura/hitl/approve/1'), {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }),
    ]);
  });

  it('a token of another issuer signs nobody in, whether its user is known or new', async () => {
    const signed = (sub: string) =>
      token({
        header: { alg: 'HS256', typ: 'JWT' },
        claims: { sub, tenant_id: 'tenant', exp: now() + 600 },
        signature: hmac('only for tests: a secret that two services share'),
      });
    const status = async (sub: string) => (await app.graphql(VIEWER, {}, { token: signed(sub) })).status;
    expect(await status('known')).toBe(200);
    proxy.cut();
    expect([await status('known'), await status('new')]).toEqual([503, 503]);
    proxy.mend();
    await eventually(async () => expect([await status('known'), await status('new')]).toEqual([200, 200]));
  });

  it('a socket stays open, and its operations receive an error message', async () => {
    const { token } = await app.register();
    const socket = await (await app.rawSocket()).init({ token });
    proxy.cut();
    socket.subscribe('1', VIEWER);
    expect(await socket.next('error', '1')).toMatchObject({
      payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });

    proxy.mend();
    await eventually(async () => {
      socket.messages.length = 0;
      socket.subscribe('2', VIEWER);
      await socket.next('next', '2');
    });
    socket.close();
  });

  it('a new socket is closed with 1013 (try again later)', async () => {
    const { token } = await app.register();
    proxy.cut();
    const socket = await app.rawSocket();
    socket.send({ type: 'connection_init', payload: { token } });
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Try again later' });
  });

  it('/health answers, and /ready reports the unavailable dependency', async () => {
    proxy.cut();
    expect((await fetch(app.url('/health'))).status).toBe(200);
    const ready = await fetch(app.url('/ready'));
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: 'unavailable', database: 'down' });
  });
});
