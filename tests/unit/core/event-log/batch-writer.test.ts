import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchWriter, type Merge } from '../../../../src/core/event-log/batch-writer.ts';
import type { Log } from '../../../../src/core/event-log/log.ts';
import { MemoryEventLog } from '../../../support/event-log-memory.ts';
import { type FencedAppend, FencedError } from '../../../../src/core/event-log/event-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('append', () => {
  it('writes immediately, and combines events of all logs that arrive during a write into the next one', async () => {
    const world = new World();
    const write = world.hold();
    const stored = [world.append('a', 1)];
    await settled();
    stored.push(world.append('a', 2), world.append('b', 3), world.append('a', 4), world.append('c', 5));
    await settled();
    expect(world.writes).toEqual([{ a: [1] }]);
    write.resolve();
    await Promise.all(stored);
    expect(world.writes).toEqual([{ a: [1] }, { a: [2, 4], b: [3], c: [5] }]);
  });

  it('writes events of one tick together', async () => {
    const world = new World();
    await Promise.all([world.append('a', 1), world.append('a', 2), world.append('b', 3)]);
    expect(world.writes).toEqual([{ a: [1, 2], b: [3] }]);
  });

  it('resolves when the event is stored, and publishes it to the live channel only then', async () => {
    const world = new World();
    const write = world.hold();
    let isStored = false;
    const stored = world.append('a', 1).then(() => (isStored = true));
    await settled();
    expect([isStored, world.published]).toEqual([false, []]);
    write.resolve();
    await stored;
    expect(world.published).toMatchObject([{ logId: 'a', seq: 1, data: 1 }]);
  });

  it('keeps the order within a log and limits the events per write', async () => {
    const world = new World();
    const numbers = Array.from({ length: 1_200 }, (_, i) => i);
    await Promise.all(numbers.map((n) => world.append('a', n)));
    expect(await world.stored('a')).toEqual(numbers);
    expect(world.writes.map((write) => write['a']!.length)).toEqual([500, 500, 200]);
  });

  it('merges only adjacent waiting events', async () => {
    const world = new World();
    world.merge = (a, b) => (typeof a === 'string' && typeof b === 'string' ? a + b : undefined);
    const write = world.hold();
    const stored = [world.append('a', 'x')];
    await settled();
    for (const event of ['y', 'z', 1, 'p', 'q']) stored.push(world.append('a', event));
    stored.push(world.append('b', 'r'));
    write.resolve();
    await Promise.all(stored);
    expect(await world.stored('a')).toEqual(['x', 'yz', 1, 'pq']);
    expect(await world.stored('b')).toEqual(['r']);
  });
});

describe('a locked log', () => {
  it('is left for a later write and does not delay other logs', async () => {
    const world = new World();
    world.busy.add('held');
    const held = world.append('held', 1);
    await world.append('free', 2);
    const more = world.append('held', 3);
    await world.append('free', 4);
    expect(await world.stored('held')).toEqual([]);
    world.busy.clear();
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all([held, more]);
    expect(await world.stored('held')).toEqual([1, 3]);
    expect(await world.stored('free')).toEqual([2, 4]);
  });

  it('is retried at most a hundred times per second', async () => {
    const world = new World();
    world.busy.add('held');
    const held = world.append('held', 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.writes.length).toBeGreaterThan(50);
    expect(world.writes.length).toBeLessThan(110);
    world.busy.clear();
    await vi.advanceTimersByTimeAsync(100);
    await held;
  });
});

describe('a claim that was taken over', () => {
  it('gets only its own events rejected', async () => {
    const world = new World();
    const stale = world.fence('a');
    const fence = world.fence('a');
    const stored = [world.append('a', 'new', fence), world.append('b', 'other')];
    await expect(world.append('a', 'stale', stale)).rejects.toThrow(new FencedError('a'));
    await Promise.all(stored);
    expect(await world.stored('a')).toEqual(['new']);
    expect(await world.stored('b')).toEqual(['other']);
    expect(world.published.map(({ data }) => data)).toEqual(['new', 'other']);
  });

  it('does not affect the next claim on the log in the same process', async () => {
    const world = new World();
    const stale = world.fence('a');
    const write = world.hold();
    const first = world.append('b', 0);
    await settled();
    const refused = expect(world.append('a', 'stale', stale)).rejects.toThrow(FencedError);
    const fence = world.fence('a');
    const stored = world.append('a', 'new', fence);
    write.resolve();
    await Promise.all([first, refused, stored]);
    expect(await world.stored('a')).toEqual(['new']);
  });
});

describe('a write that fails', () => {
  it('rejects its events, and later events are written', async () => {
    const world = new World();
    world.failure = new Error('the database is away');
    const stored = [world.append('a', 1), world.append('b', 2)];
    expect(await Promise.allSettled(stored)).toMatchObject(
      stored.map(() => ({ status: 'rejected', reason: world.failure })),
    );
    world.failure = null;
    await world.append('a', 3);
    expect(await world.stored('a')).toEqual([3]);
  });

  it('rejects the events waiting behind it in the same log, so that no gap is stored', async () => {
    const world = new World();
    const write = world.hold();
    const first = world.append('a', 1);
    await settled();
    const waiting = [world.append('a', 2), world.append('a', 3)];
    const elsewhere = world.append('b', 4);
    const failure = (world.failure = new Error('the database is away'));
    first.catch(() => (world.failure = null));
    write.resolve();
    for (const stored of [first, ...waiting]) await expect(stored).rejects.toBe(failure);
    await elsewhere;
    await world.append('a', 5);
    expect(await world.stored('a')).toEqual([5]);
  });

  it('causes no unhandled rejection when the caller ignores it', async () => {
    const world = new World();
    world.failure = new Error('the database is away');
    void world.append('a', 1); // an unhandled rejection would fail the run
    await settled();
    expect(world.writes).toHaveLength(1);
  });
});

describe('flush', () => {
  it('resolves when all events appended to the log so far are stored', async () => {
    const world = new World();
    const write = world.hold();
    void world.append('a', 1);
    await settled();
    void world.append('a', 2);
    let isFlushed = false;
    const flushed = world.writer.flush('a').then(() => (isFlushed = true));
    await world.writer.flush('b');
    expect(isFlushed).toBe(false);
    write.resolve();
    await flushed;
    expect(await world.stored('a')).toEqual([1, 2]);
  });

  it('rejects when one of them is rejected', async () => {
    const world = new World();
    const stale = world.fence('a');
    world.fence('a');
    void world.append('a', 1, stale);
    await expect(world.writer.flush('a')).rejects.toThrow(FencedError);
    await world.writer.flush('a');
  });
});

describe('close', () => {
  it('writes accepted events and accepts no more', async () => {
    const world = new World();
    const stored = world.append('a', 1);
    const closed = world.writer.close();
    await expect(world.append('a', 2)).rejects.toThrow('closed');
    await Promise.all([stored, closed]);
    expect(await world.stored('a')).toEqual([1]);
    await world.writer.close();
  });
});

/** A log in memory whose writes can be delayed, reported as busy, or failed, and are recorded as `{ log: events }`. */
class World {
  readonly log = new MemoryEventLog();
  readonly writer: BatchWriter;
  readonly writes: Record<string, unknown[]>[] = [];
  readonly published: { logId: string; seq: number; data: unknown }[] = [];
  readonly busy = new Set<string>();
  failure: Error | null = null;
  merge: Merge<unknown> | undefined;
  #held = Promise.resolve();
  readonly #fences = new Map<string, number>();

  constructor() {
    this.writer = new BatchWriter({
      log: { appendAvailable: (appends) => this.#write(appends) },
      live: { publish: (events) => void this.published.push(...events) },
    });
  }

  /** Claims the log again. */
  fence(logId: string): number {
    const fence = this.log.raiseFence(logId);
    this.#fences.set(logId, fence);
    return fence;
  }

  append(logId: string, event: unknown, fence = this.#fences.get(logId) ?? this.fence(logId)): Promise<void> {
    return this.writer.append(logId as Log, fence, event, this.merge);
  }

  /** Delays writes until the result is resolved. */
  hold(): PromiseWithResolvers<void> {
    const held = Promise.withResolvers<void>();
    this.#held = held.promise;
    return held;
  }

  async stored(logId: string): Promise<unknown[]> {
    return (await this.log.read(logId as Log, 0, 10_000)).events.map(({ data }) => data);
  }

  async #write(appends: readonly FencedAppend[]) {
    this.writes.push(Object.fromEntries(appends.map(({ logId, events }) => [logId, [...events]])));
    await this.#held;
    if (this.failure) throw this.failure;
    const outcome = await this.log.appendAvailable(appends.filter(({ logId }) => !this.busy.has(logId)));
    return { ...outcome, busy: appends.map(({ logId }) => logId).filter((logId) => this.busy.has(logId)) };
  }
}

/** Runs all pending work that needs no timer. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
