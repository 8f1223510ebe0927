import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, TestApp } from '../support/app.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { testInstances } from '../support/instances.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { testProcesses } from '../support/server-process.ts';

/** Sends requests over the apps in turn, `lanes` at a time. Returns how many were answered, not refused. */
async function allowedOf(count: number, lanes: number, apps: TestApp[], token: string): Promise<number> {
  let [sent, allowed] = [0, 0];
  const lane = async () => {
    while (sent < count) {
      const app = apps[sent++ % apps.length]!;
      const { status } = await app.graphql('{ __typename }', {}, { token });
      if (status === 200) allowed += 1;
      else expect(status).toBe(429);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return allowed;
}

describe.skipIf(!findRedis())('two API processes with Redis', () => {
  const database = testDatabase();
  const processes = testProcesses({
    ROLE: 'api',
    SECRET_KEY: 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz',
    DEFAULT_LLM_PROVIDER: 'OFFLINE',
    RATE_LIMIT_PER_MINUTE: '500',
  });
  let redis: RedisServer;

  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.stop());

  async function start(): Promise<TestApp> {
    const app = new TestApp([]);
    await app.start(processes.start({ DATABASE_URL: database.url, REDIS_URL: redis.url }));
    await eventually(async () =>
      expect(await (await fetch(app.url('/ready'))).json()).toMatchObject({ redis: 'up' }),
    );
    return app;
  }

  it('share limits within 1 % under load', async () => {
    const apps = await Promise.all([start(), start()]);
    const { token } = await apps[0]!.register();
    const allowed = await allowedOf(1_000, 20, apps, token);
    expect(allowed).toBeGreaterThanOrEqual(495);
    expect(allowed).toBeLessThanOrEqual(505);
  });
});

describe.skipIf(!findRedis())('rate limits while Redis', () => {
  const LIMITS = {
    requestsPerMinute: 10,
    authRequestsPerMinute: 0,
    executionsPerMinute: 0,
    executionBurst: 1,
    keyChecksPerMinute: 0,
  };
  const instances = testInstances();
  let redis: RedisServer;

  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.stop());

  async function start(): Promise<{ app: TestApp; ann: Account }> {
    const app = await instances.start({ role: 'api', redisUrl: redis.url, rateLimits: LIMITS });
    await eventually(async () =>
      expect(await (await fetch(app.url('/ready'))).json()).toMatchObject({ redis: 'up' }),
    );
    return { app, ann: await app.register() };
  }

  it('answers give statistics of all processes', async () => {
    const [{ app: one, ann }, { app: other }] = [await start(), await start()];
    await allowedOf(14, 1, [one, other], ann.token);
    const { tenantId } = await one.services.database.prisma.user.findFirstOrThrow({
      where: { email: ann.email },
    });
    await eventually(async () =>
      expect(await one.services.rateLimiter.statisticsOf(tenantId)).toEqual({
        total: 14,
        blocked: 4,
        uniqueUsers: 1,
        activeUsers: 1,
      }),
    );
  });

  it('is stopped hold in each process', async () => {
    const { app, ann } = await start();
    await redis.kill();
    expect(await allowedOf(30, 3, [app], ann.token)).toBe(10);
    await redis.restart();
  });

  it('hangs hold in each process, and no request waits for the time limit of its commands', async () => {
    const { app, ann } = await start();
    redis.freeze();
    try {
      const waiting = app.services.rateLimiter.read({
        viewer: null,
        client: { address: '::1', userAgent: null, languages: null },
      });
      expect(await Promise.race([waiting, sleep(400, 'too late')])).not.toBe('too late');
      expect(await allowedOf(30, 3, [app], ann.token)).toBe(10);
      await eventually(() =>
        expect(app.logs.filter((line) => line.includes('redis did not answer'))).toHaveLength(1),
      );
    } finally {
      redis.thaw();
    }
  });

  it('is emptied begin again, and go on', async () => {
    const { app, ann } = await start();
    expect(await allowedOf(12, 1, [app], ann.token)).toBe(10);
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
    expect(await allowedOf(30, 3, [app], ann.token)).toBe(10);
  });
});
