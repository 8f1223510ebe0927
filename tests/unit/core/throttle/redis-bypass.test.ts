import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { RedisBypass } from '../../../../src/core/throttle/redis-bypass.ts';

const READY = { status: 'ready' } as Redis;
const instead = async () => 'instead';

describe('RedisBypass', () => {
  it('waits for no answer until the last late one has arrived', async () => {
    const bypass = new RedisBypass(READY, () => {});
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const late = [bypass.run(() => first.promise, instead), bypass.run(() => second.promise, instead)];
    expect(await Promise.all(late)).toEqual(['instead', 'instead']);

    first.resolve('late');
    await first.promise;
    await Promise.resolve();
    expect(await bypass.run(async () => 'redis', instead)).toBe('instead');

    second.resolve('late');
    await new Promise(setImmediate);
    expect(await bypass.run(async () => 'redis', instead)).toBe('redis');
  });

  it('passes Redis by after an answer that failed, and reports the first error only', async () => {
    const errors: unknown[] = [];
    const bypass = new RedisBypass(READY, (error) => errors.push(error));
    const failure = new Error('gone');
    const failing = () => bypass.run(() => Promise.reject(failure), instead);
    expect(await Promise.all([failing(), failing()])).toEqual(['instead', 'instead']);
    expect(await bypass.run(async () => 'redis', instead)).toBe('instead');
    expect(errors).toEqual([failure]);
  });

  it('does not ask a Redis that is not connected', async () => {
    const bypass = new RedisBypass({ status: 'connecting' } as Redis, () => {});
    expect(await bypass.run(() => Promise.reject(new Error('asked')), instead)).toBe('instead');
  });
});
