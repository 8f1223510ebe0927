import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit, QueueFullError } from '../../../../src/core/async/concurrency-limit.ts';

describe('ConcurrencyLimit', () => {
  it('runs up to maxRunning tasks at once and queues the others in order of arrival', async () => {
    const limit = new ConcurrencyLimit({ maxRunning: 2, maxQueued: 10 });
    const started: number[] = [];
    const tasks = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const results = tasks.map(({ promise }, n) =>
      limit.run(async () => {
        started.push(n);
        await promise;
        return n;
      }),
    );
    await settled();
    expect(started).toEqual([0, 1]);
    tasks[1]!.resolve();
    await results[1];
    await settled();
    expect(started).toEqual([0, 1, 2]);
    for (const { resolve } of tasks) resolve();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it('rejects a task when the queue is full, and accepts tasks again later', async () => {
    const limit = new ConcurrencyLimit({ maxRunning: 1, maxQueued: 1 });
    const first = Promise.withResolvers<void>();
    const accepted = [limit.run(() => first.promise), limit.run(async () => {})];
    await expect(limit.run(async () => {})).rejects.toBeInstanceOf(QueueFullError);
    first.resolve();
    await Promise.all(accepted);
    expect(await limit.run(async () => 'again')).toBe('again');
  });

  it('continues after a failed task', async () => {
    const limit = new ConcurrencyLimit({ maxRunning: 1, maxQueued: 5 });
    const failed = limit.run(() => Promise.reject(new Error('broken')));
    const next = limit.run(async () => 'next');
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
