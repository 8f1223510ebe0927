import { describe, expect, it } from 'vitest';
import { createKey } from '../../support/api-keys.ts';
import { type Account, testApp, type TestApp } from '../../support/app.ts';

const STATS = '{ rateLimitStats { totalRequests blockedRequests uniqueUsers activeUsers } }';

interface Stats {
  totalRequests: number;
  blockedRequests: number;
  uniqueUsers: number;
  activeUsers: number;
}

async function statsFor(app: TestApp, account: Pick<Account, 'token'>): Promise<Stats> {
  const { data } = await app.graphql<{ rateLimitStats: Stats }>(STATS, {}, account);
  return data!.rateLimitStats;
}

describe('rateLimitStats', () => {
  const limits = {
    requestsPerMinute: 20,
    authRequestsPerMinute: 0,
    executionsPerMinute: 0,
    executionBurst: 1,
    keyChecksPerMinute: 0,
  };
  const app = testApp({ config: { role: 'api', rateLimits: limits } });

  it('counts the requests of the tenant, the refused ones, and its users', async () => {
    const ann = await app.register();
    const bob = await app.member(ann, 'USER');
    const stranger = await app.register();
    for (let index = 0; index < 3; index++) await app.graphql('{ viewer { id } }', {}, bob);
    await app.graphql('{ viewer { id } }', {}, stranger);
    const fields = Array.from({ length: 25 }, (_, index) => `a${index}: __typename`).join(' ');
    expect((await app.graphql(`{ ${fields} }`, {}, bob)).errors).toHaveLength(1);
    expect(await statsFor(app, ann)).toEqual({
      totalRequests: 5,
      blockedRequests: 1,
      uniqueUsers: 2,
      activeUsers: 2,
    });
    expect(await statsFor(app, stranger)).toMatchObject({ totalRequests: 2, uniqueUsers: 1 });
  });

  it('counts the API keys of a user as the user', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    await app.graphql('{ viewer { id } }', {}, key);
    expect(await statsFor(app, ann)).toMatchObject({ totalRequests: 3, uniqueUsers: 1 });
  });

  it('is refused to everybody but ADMINs', async () => {
    const ann = await app.register();
    for (const role of ['USER', 'GUEST'] as const) {
      const { status, errors } = await app.graphql(STATS, {}, await app.member(ann, role));
      expect([status, errors![0]!.extensions!['code']]).toEqual([403, 'FORBIDDEN']);
    }
    expect((await app.graphql(STATS)).status).toBe(401);
  });
});
