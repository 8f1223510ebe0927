import { describe, expect, it } from 'vitest';
import { SharedCounter } from '../../../../src/core/throttle/shared-counter.ts';

describe('a counter in memory', () => {
  const counter = (maxKeysInMemory?: number) =>
    new SharedCounter({ name: 'test', seconds: 60, redis: null, maxKeysInMemory });

  it('counts each key on its own', async () => {
    const counts = counter();
    await counts.add('a');
    expect(await counts.add('a')).toMatchObject({ count: 2 });
    expect(await counts.read('b')).toMatchObject({ count: 0 });
    await counts.clear('a');
    expect(await counts.read('a')).toEqual({ count: 0, msLeft: 0 });
  });

  it('holds a key for a time of its own', async () => {
    const counts = counter();
    await counts.hold('a', 10);
    const { count, msLeft } = await counts.read('a');
    expect(count).toBe(1);
    expect(msLeft).toBeGreaterThan(9_000);
    expect(msLeft).toBeLessThanOrEqual(10_000);
  });

  it('clears no count that a key shares with others', async () => {
    const counts = counter(0);
    await counts.add('a');
    await counts.clear('a');
    expect(await counts.read('a')).toMatchObject({ count: 1 });
  });

  it('lets keys beyond its limit share buckets, so that all of them stay counted', async () => {
    const counts = counter(10);
    const first = Array.from({ length: 10 }, (_, index) => `known ${index}`);
    for (const key of first) await counts.add(key);
    for (let index = 0; index < 5_000; index++) await counts.add(`flood ${index}`);
    expect(await Promise.all(first.map(async (key) => (await counts.read(key)).count))).toEqual(
      Array<number>(10).fill(1),
    );
    expect((await counts.read('flood 1')).count).toBeGreaterThanOrEqual(1);
    expect((await counts.read('flood 4999')).count).toBeGreaterThanOrEqual(1);
  });
});
