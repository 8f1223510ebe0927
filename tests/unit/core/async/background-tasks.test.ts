import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackgroundTasks } from '../../../../src/core/async/background-tasks.ts';

describe('BackgroundTasks', () => {
  const tasksWith = (options = {}) => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    return { tasks: new BackgroundTasks({ maxRunning: 1, maxQueued: 1, onError, ...options }), errors };
  };

  it('reports a task that fails, and runs the next one', async () => {
    const { tasks, errors } = tasksWith();
    const failure = new Error('no');
    let ran = false;
    tasks.start(() => Promise.reject(failure));
    tasks.start(async () => void (ran = true));
    await tasks.close(1_000);
    expect([errors, ran]).toEqual([[failure], true]);
  });

  it('reports a task for which there is no room', async () => {
    const { tasks, errors } = tasksWith();
    const { promise, resolve } = Promise.withResolvers<void>();
    const started: number[] = [];
    for (const n of [1, 2, 3]) {
      tasks.start(async () => {
        started.push(n);
        await promise;
      });
    }
    resolve();
    await tasks.close(1_000);
    expect(started).toEqual([1, 2]);
    expect(errors).toEqual([expect.objectContaining({ name: 'QueueFullError' })]);
  });

  it('aborts what has not ended in time when it closes, and starts nothing more', async () => {
    const { tasks, errors } = tasksWith();
    let isSecondRun = false;
    tasks.start((signal) => sleep(60_000, undefined, { signal }));
    tasks.start(async () => void (isSecondRun = true));
    await tasks.close(1);
    tasks.start(async () => void (isSecondRun = true));
    await tasks.close(1);
    expect(isSecondRun).toBe(false);
    expect(errors.map((error) => (error as Error).name)).toEqual(['AbortError', 'AbortError', 'AbortError']);
  });

  it('leaves a task behind that ignores its end', async () => {
    const { tasks } = tasksWith();
    const { promise, resolve } = Promise.withResolvers<void>();
    tasks.start(() => promise);
    await tasks.close(1);
    resolve();
  });
});
