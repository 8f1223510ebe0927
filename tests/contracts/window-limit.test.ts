import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WindowLimit } from '../../src/core/rate-limit/window-limit.ts';
import { RedisBypass } from '../../src/core/throttle/redis-bypass.ts';
import { eventually } from '../support/eventually.ts';
import { testRedis } from '../support/redis.ts';

const redis = testRedis();

describe.skipIf(redis === null)('a limit that is counted in Redis', () => {
  let client: Redis;

  beforeAll(async () => {
    client = new Redis(redis!.url);
    await client.ping();
  });
  afterAll(() => client.quit());

  function limitOf(max: number): { limit: WindowLimit; bypass: HeldBypass; name: string } {
    const bypass = new HeldBypass(client, () => {});
    const name = `test-${randomUUID()}`;
    return { limit: new WindowLimit({ name, max, redis: bypass }), bypass, name };
  }

  it('is not waited for while a key is far from it, one count at a time', async () => {
    const { limit, bypass } = limitOf(10);
    await limit.take('ann', 1);
    const release = bypass.hold();
    expect(await limit.take('ann', 1)).toEqual({ isAllowed: true, waitMs: 0 });
    const next = limit.take('ann', 1);
    expect(await isPending(next)).toBe(true);
    release();
    expect(await next).toMatchObject({ isAllowed: true });
    expect(await limit.read('ann')).toMatchObject({ count: 3 });
  });

  it('is not waited for by more counts at a time when it is large: 1 % of it', async () => {
    const { limit, bypass } = limitOf(300);
    await limit.take('ann', 1);
    const release = bypass.hold();
    const takes = Array.from({ length: 4 }, () => limit.take('ann', 1));
    expect(await Promise.all(takes.map(isPending))).toEqual([false, false, false, true]);
    release();
    await eventually(async () => expect(await limit.read('ann')).toMatchObject({ count: 5 }));
  });

  it('is waited for by a key of which this process knows nothing, and by one past the half', async () => {
    const { limit, bypass } = limitOf(10);
    await limit.take('ann', 5);
    const release = bypass.hold();
    const waiting = [limit.take('bob', 1), limit.take('ann', 1)];
    expect(await Promise.all(waiting.map(isPending))).toEqual([true, true]);
    release();
    await Promise.all(waiting);
  });

  it('counts what it did not wait for, and refuses what is too much', async () => {
    const { limit } = limitOf(10);
    const decisions = [];
    for (let n = 0; n < 12; n++) decisions.push((await limit.take('ann', 1)).isAllowed);
    expect(decisions).toEqual([...Array<boolean>(10).fill(true), false, false]);
  });

  it('learns from an answer what other processes have counted', async () => {
    const { limit, name } = limitOf(10);
    const other = new WindowLimit({ name, max: 10, redis: new RedisBypass(client, () => {}) });
    await limit.take('ann', 1);
    await other.take('ann', 9);
    expect((await limit.take('ann', 1)).isAllowed).toBe(true); // ahead of the answer
    await eventually(async () => expect((await limit.take('ann', 1)).isAllowed).toBe(false));
  });
});

/** Sends nothing to Redis while it is held. */
class HeldBypass extends RedisBypass {
  #released: Promise<void> = Promise.resolve();

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#released = promise;
    return resolve;
  }

  override async run<T>(onRedis: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
    await this.#released;
    return super.run(onRedis, instead);
  }
}

async function isPending(work: Promise<unknown>): Promise<boolean> {
  const pending = new Promise((resolve) => setImmediate(() => setImmediate(resolve, 'pending')));
  return (await Promise.race([work, pending])) === 'pending';
}
