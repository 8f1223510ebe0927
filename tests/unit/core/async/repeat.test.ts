import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { repeat } from '../../../../src/core/async/repeat.ts';

describe('repeated work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('runs at once and then at each interval until it is closed', async () => {
    const work = vi.fn(async () => {});
    const task = repeat(1_000, work, () => {});
    expect(work).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(work).toHaveBeenCalledTimes(3);
    await task.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('never runs twice at the same time, and closes when the run under way has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = vi.fn(() => promise);
    const task = repeat(1_000, work, () => {});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(1);
    let isClosed = false;
    const closed = task.close().then(() => (isClosed = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(isClosed).toBe(false);
    resolve();
    await closed;
    expect(isClosed).toBe(true);
  });

  it('goes on after failures and reports the first of each row', async () => {
    const outcomes = ['fail', 'fail', 'succeed', 'fail'];
    const onError = vi.fn();
    const work = vi.fn(async () => {
      if (outcomes.shift() === 'fail') throw new Error('away');
    });
    const task = repeat(1_000, work, onError);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(work).toHaveBeenCalledTimes(4);
    expect(onError).toHaveBeenCalledTimes(2);
    await task.close();
  });
});
