import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { eventually } from '../support/eventually.ts';
import { rowId } from '../support/ids.ts';
import { testInstances } from '../support/instances.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';

/** Runs `rate-limits clear` like an operator. */
function clear(
  args: string[],
  settings: Record<string, string>,
): Promise<{ exitCode: number | null; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number | null; output: string }>();
  const child = execFile(
    process.execPath,
    ['src/cli.ts', 'rate-limits', 'clear', ...args],
    { env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...settings }, timeout: 60_000 },
    (_error, stdout, stderr) => resolve({ exitCode: child.exitCode, output: stdout + stderr }),
  );
  return promise;
}

const usedUp = (app: TestApp, token: string) =>
  eventually(async () => expect((await app.graphql('{ __typename }', {}, { token })).status).toBe(429));
const statusOf = async (app: TestApp, token: string) =>
  (await app.graphql('{ __typename }', {}, { token })).status;

describe('rate-limits clear', () => {
  it('needs a Redis', async () => {
    const { exitCode, output } = await clear([], {});
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^REDIS_URL must be set: /);
  });

  describe.skipIf(!findRedis())('with Redis', () => {
    const instances = testInstances();
    let redis: RedisServer;
    let app: TestApp;
    let settings: Record<string, string>;

    beforeAll(async () => {
      redis = await startRedis();
      settings = { DATABASE_URL: instances.databaseUrl, REDIS_URL: redis.url };
      const rateLimits = {
        requestsPerMinute: 3,
        authRequestsPerMinute: 0,
        executionsPerMinute: 0,
        executionBurst: 1,
        keyChecksPerMinute: 0,
      };
      app = await instances.start({ role: 'api', redisUrl: redis.url, rateLimits });
      await eventually(async () =>
        expect(await (await fetch(app.url('/ready'))).json()).toMatchObject({ redis: 'up' }),
      );
    });
    afterAll(() => redis.stop());

    it('makes the limits of one user and their API keys begin again', async () => {
      const [ann, bob] = [await app.register(), await app.register()];
      const key = await createKey(app, ann);
      for (const token of [ann.token, key.token, bob.token]) await usedUp(app, token);
      expect(await clear([ann.email], settings)).toEqual({
        exitCode: 0,
        output: `The rate limits of ${ann.email} begin again.\n`,
      });
      expect([await statusOf(app, ann.token), await statusOf(app, key.token)]).toEqual([200, 200]);
      expect(await statusOf(app, bob.token)).toBe(429);
    });

    it('takes the id of a user, as the API and as the database has it', async () => {
      const ann = await app.register();
      const { id } = ann.session.user;
      for (const name of [id, rowId(id)]) {
        await usedUp(app, ann.token);
        expect(await clear([name], settings)).toMatchObject({ exitCode: 0 });
        expect(await statusOf(app, ann.token)).toBe(200);
      }
    });

    it('takes one user only, and clears nothing for two', async () => {
      const [ann, bob] = [await app.register(), await app.register()];
      await usedUp(app, ann.token);
      const { exitCode, output } = await clear([ann.email, bob.email], settings);
      expect([exitCode, output]).toEqual([2, expect.stringMatching(/^Commands:/)]);
      expect(await statusOf(app, ann.token)).toBe(429);
    });

    it('makes those of all callers begin again', async () => {
      const ann = await app.register();
      await usedUp(app, ann.token);
      expect(await clear([], settings)).toEqual({ exitCode: 0, output: 'All rate limits begin again.\n' });
      expect(await statusOf(app, ann.token)).toBe(200);
    });

    it('names a user that it does not find', async () => {
      const { exitCode, output } = await clear(['nobody@example.com'], settings);
      expect(exitCode).toBe(1);
      expect(output).toBe('No user has the e-mail or the id nobody@example.com.\n');
    });
  });
});
