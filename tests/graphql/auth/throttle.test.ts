import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, testApp, type TestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { testInstances } from '../../support/instances.ts';
import { findRedis, type RedisServer, startRedis } from '../../support/redis-server.ts';

/** How a login answers: the member of its result, or the code of its error. */
async function login(app: TestApp, { email, password }: Pick<Account, 'email' | 'password'>) {
  const { data, errors } = await app.graphql<{ login: { __typename: string } }>(
    'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
    { input: { email, password } },
  );
  return data?.login?.__typename ?? String(errors?.[0]?.extensions?.['code']);
}

/** Sends wrong passwords. Returns how many of them were tried. */
async function guess(app: TestApp, { email }: Pick<Account, 'email'>, times: number): Promise<number> {
  let tried = 0;
  for (let index = 0; index < times; index++) {
    const answer = await login(app, { email, password: `wrong password ${index}` });
    if (answer === 'InvalidCredentialsError') tried += 1;
    else expect(answer).toBe('RATE_LIMITED');
  }
  return tried;
}

describe('the throttle of login', () => {
  const app = testApp({ config: { role: 'api' } });

  it('holds twelve wrong passwords in a row back, and then the right one too', async () => {
    const ann = await app.register();
    expect(await guess(app, ann, 12)).toBe(5);
    expect(await login(app, ann)).toBe('RATE_LIMITED');
    expect(await login(app, await app.register())).toBe('LoginSuccess');
  });

  it('answers 429 with the seconds to wait', async () => {
    const email = 'nobody@example.com';
    await guess(app, { email }, 6);
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input: { email, password: 'wrong password' } } }),
    });
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions: { code: string; retryAfter: number } }[];
    };
    const { code, retryAfter } = errors[0]!.extensions;
    expect([response.status, code]).toEqual([429, 'RATE_LIMITED']);
    expect(retryAfter).toBeGreaterThan(50);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(response.headers.get('retry-after')).toBe(String(retryAfter));
    expect(errors[0]!.message).toBe(`Too many failed attempts. Try again in ${retryAfter} seconds.`);
  });

  it('leaves the sessions of a locked account alone, and opens it when its owner proves themselves', async () => {
    const ann = await app.register();
    await guess(app, ann, 6);
    const next = await app.signIn('refreshSession', { refreshToken: ann.session.refreshToken });
    expect((await app.graphql('{ viewer { id } }', {}, { token: next.accessToken })).status).toBe(200);
    await app.services.throttle.unlock(ann.email);
    expect(await login(app, ann)).toBe('LoginSuccess');
  });
});

describe.skipIf(!findRedis())('the throttle of login with Redis', () => {
  const instances = testInstances();
  let redis: RedisServer;

  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.stop());

  async function start(): Promise<TestApp> {
    const app = await instances.start({ role: 'api', redisUrl: redis.url });
    await isConnected(app);
    return app;
  }

  /** Waits until failures are counted in Redis. */
  const isConnected = (app: TestApp) =>
    eventually(async () => {
      const response = await fetch(app.url('/ready'));
      expect(await response.json()).toMatchObject({ redis: 'up' });
    });

  it('counts over all processes', async () => {
    const [one, other] = [await start(), await start()];
    const ann = await one.register();
    expect((await guess(one, ann, 3)) + (await guess(other, ann, 12))).toBe(5);
    expect(await login(one, ann)).toBe('RATE_LIMITED');
    await other.services.throttle.unlock(ann.email);
    expect(await login(one, ann)).toBe('LoginSuccess');
  });

  it('holds twelve wrong passwords back while Redis is stopped', async () => {
    const app = await start();
    const ann = await app.register();
    await redis.kill();
    expect(await guess(app, ann, 12)).toBe(5);
    expect(await login(app, await app.register())).toBe('LoginSuccess');
    await redis.restart();
  });

  it('holds twelve wrong passwords back while Redis hangs, and waits for it once', async () => {
    const app = await start();
    const ann = await app.register();
    redis.freeze();
    try {
      expect(await guess(app, ann, 12)).toBe(5);
      await eventually(() =>
        expect(app.logs.filter((line) => line.includes('redis did not answer'))).toHaveLength(1),
      );
    } finally {
      redis.thaw();
    }
  });
});
