import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BucketSize, RateLimit } from '../../src/core/rate-limit/rate-limit.ts';
import { TokenBucket } from '../../src/core/rate-limit/token-bucket.ts';
import { MemoryTokenBucket } from '../../src/core/rate-limit/token-bucket-memory.ts';
import { RedisBypass } from '../../src/core/throttle/redis-bypass.ts';
import { RedisTokenBucket } from '../../src/core/rate-limit/token-bucket-redis.ts';
import { eventually } from '../support/eventually.ts';
import { testRedis } from '../support/redis.ts';

/** The cases that the buckets in Redis and those in memory pass alike. */
function tokenBucketContract(create: (size: BucketSize) => RateLimit): void {
  const slow = () => create({ capacity: 3, perMinute: 1 / 60 });

  it('allows a burst of its capacity, then nothing, and says when', async () => {
    const bucket = slow();
    for (let index = 0; index < 3; index++)
      expect(await bucket.take('ann', 1)).toMatchObject({ isAllowed: true, waitMs: 0 });
    const { isAllowed, waitMs } = await bucket.take('ann', 1);
    expect(isAllowed).toBe(false);
    expect(waitMs).toBeGreaterThan(3_000_000); // one token an hour
    expect(waitMs).toBeLessThanOrEqual(3_600_000);
  });

  it('gives several tokens together or none', async () => {
    const bucket = slow();
    expect((await bucket.take('ann', 2)).isAllowed).toBe(true);
    expect((await bucket.take('ann', 2)).isAllowed).toBe(false);
    expect((await bucket.take('ann', 1)).isAllowed).toBe(true);
  });

  it('never gives more than a full bucket', async () => {
    const bucket = slow();
    expect(await bucket.take('ann', 4)).toMatchObject({ isAllowed: false, waitMs: Infinity });
    expect((await bucket.take('ann', 3)).isAllowed).toBe(true);
  });

  it('has a bucket for each key', async () => {
    const bucket = slow();
    await bucket.take('ann', 3);
    expect((await bucket.take('bob', 3)).isAllowed).toBe(true);
    expect((await bucket.take('ann', 3)).isAllowed).toBe(false);
  });

  it('allows it after the time that it says', async () => {
    const bucket = create({ capacity: 1, perMinute: 600 });
    await bucket.take('ann', 1);
    const { waitMs } = await bucket.take('ann', 1);
    await sleep(waitMs + 2); // the clock of Redis is not that of the timer
    expect(await bucket.take('ann', 1)).toMatchObject({ isAllowed: true, waitMs: 0 });
  });

  it('gives as many as there are to takers at the same time', async () => {
    const bucket = create({ capacity: 10, perMinute: 1 / 60 });
    const decisions = await Promise.all(Array.from({ length: 50 }, () => bucket.take('ann', 1)));
    expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
  });
}

describe('token buckets in memory', () => {
  tokenBucketContract((size) => new MemoryTokenBucket(size));

  it('let keys beyond their limit share buckets', async () => {
    const bucket = new MemoryTokenBucket({ capacity: 1, perMinute: 1, maxKeys: 10 });
    const allowed = [];
    for (let index = 0; index < 20_000; index++) {
      const key = (index * 7).toString(16).padStart(6, '0');
      if ((await bucket.take(key, 1)).isAllowed) allowed.push(key);
    }
    expect(allowed.length).toBeLessThanOrEqual(10 + 1_024);
  });
});

const server = testRedis();

describe.skipIf(server === null)('token buckets in Redis', () => {
  let client: Redis;

  beforeAll(async () => {
    client = new Redis(server!.url, { maxRetriesPerRequest: null });
    await eventually(() => expect(client.status).toBe('ready'));
  });
  afterAll(() => client.quit());

  tokenBucketContract((size) => new RedisTokenBucket({ ...size, name: randomUUID(), client }));

  it('go on in memory from what they had, when Redis is away', async () => {
    const own = new Redis(server!.url, { maxRetriesPerRequest: null });
    await eventually(() => expect(own.status).toBe('ready'));
    const redis = new RedisBypass(own, () => {});
    const bucket = new TokenBucket({ name: randomUUID(), capacity: 3, perMinute: 1 / 60, redis });
    expect((await bucket.take('ann', 2)).isAllowed).toBe(true);
    own.disconnect();
    expect((await bucket.take('ann', 2)).isAllowed).toBe(false);
    expect((await bucket.take('ann', 1)).isAllowed).toBe(true);
    expect((await bucket.take('ann', 1)).isAllowed).toBe(false);
  });

  it('are not kept once they are full', async () => {
    const name = randomUUID();
    const bucket = new RedisTokenBucket({ capacity: 2, perMinute: 60, name, client });
    await bucket.take('ann', 1);
    const left = await client.pttl(`agentforge:bucket:${name}:ann`);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1_000);
  });
});
