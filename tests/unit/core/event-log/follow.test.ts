import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../../support/seeded-random.ts';
import { MAX_PAGE_BYTES, type StoredEvent, TrimmedError } from '../../../../src/core/event-log/event-log.ts';
import { END, LogWorld, range, seqs, settled, ticks } from '../../../support/log-world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('follow', () => {
  it('yields the events after the cursor, then new events', async () => {
    const world = new LogWorld();
    await world.write(5);
    const events = world.follow(2);
    expect(await seqs(events, 3)).toEqual([3, 4, 5]);
    const next = seqs(events, 2);
    await world.write(2);
    expect(await next).toEqual([6, 7]);
  });

  it('reads a long history page by page, and takes live events without reading the log', async () => {
    const world = new LogWorld({ pageEvents: 4 });
    await world.write(10);
    const events = world.follow(0);
    expect(await seqs(events, 10)).toEqual(range(1, 10));
    expect(world.reads).toEqual([0, 4, 8]);
    const next = seqs(events, 50);
    for (let i = 0; i < 50; i++) await world.write(1);
    expect(await next).toEqual(range(11, 60));
    expect(world.reads).toHaveLength(3);
  });

  it('misses no event written before its subscription is active', async () => {
    const world = new LogWorld();
    const stands = world.holdSubscriptions();
    const got = seqs(world.follow(0), 2);
    await settled();
    await world.write(2);
    stands.resolve();
    expect(await got).toEqual([1, 2]);
  });

  it('misses no event written between its last read and the switch to live', async () => {
    const world = new LogWorld();
    await world.write(2);
    const answered = world.holdAnswers();
    const got = seqs(world.follow(0), 4);
    await settled();
    expect(world.reads).toEqual([0]);
    await world.write(2);
    answered.resolve();
    expect(await got).toEqual([1, 2, 3, 4]);
  });

  it('reads on at once after a page that large events have made shorter', async () => {
    const world = new LogWorld();
    const events = Array.from({ length: 3 }, () => 'x'.repeat(0.6 * MAX_PAGE_BYTES));
    await world.log.append([{ logId: 'log', events }]);
    expect(await seqs(world.follow(0), 3)).toEqual([1, 2, 3]);
    expect(world.reads).toEqual([0, 1, 2]);
  });

  it('becomes live when it has read events that it also received live', async () => {
    const world = new LogWorld({ pageEvents: 2 });
    await world.write(3);
    const answered = world.holdAnswers();
    const events = world.follow(0);
    const history = seqs(events, 4);
    await settled();
    await world.write(1);
    answered.resolve();
    expect(await history).toEqual(range(1, 4));
    const next = seqs(events, 3);
    await settled();
    expect(world.reads).toEqual([0, 2]);
    for (let i = 0; i < 3; i++) await world.write(1);
    expect(await next).toEqual([5, 6, 7]);
    expect(world.reads).toEqual([0, 2]);
  });

  it('reads an event whose live copy was lost from the log', async () => {
    const world = new LogWorld();
    const got = seqs(world.follow(0), 5);
    await settled();
    await world.write(2);
    await world.write(2, { copies: 'lost' });
    await world.write(1);
    expect(await got).toEqual(range(1, 5));
  });

  it('accepts live copies late, duplicated and in any order', async () => {
    const world = new LogWorld();
    const got = seqs(world.follow(0), 6);
    await settled();
    const first = await world.write(3, { copies: 'lost' });
    const second = await world.write(2, { copies: 'lost' });
    world.deliver(second);
    world.deliver(second);
    await settled();
    world.deliver(first);
    world.deliver(first);
    await world.write(1);
    expect(await got).toEqual(range(1, 6));
  });

  it('reads events from the log that were published without data', async () => {
    const world = new LogWorld();
    const got = seqs(world.follow(0), 4);
    await settled();
    await world.write(3, { copies: 'without events' });
    await world.write(1);
    expect(await got).toEqual([1, 2, 3, 4]);
  });

  it('detects a lost last copy by the heads, with one statement for all followed logs', async () => {
    const world = new LogWorld();
    const [a, b] = [world.follow(0, 'a'), world.follow(0, 'b')];
    const got = [seqs(a, 1), seqs(b, 1)];
    await settled();
    await world.write(1, { logId: 'a', copies: 'lost' });
    await world.write(1, { logId: 'b', copies: 'lost' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await Promise.all(got)).toEqual([[1], [1]]);
    expect(world.headsReads).toEqual([['a', 'b']]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(world.headsReads).toHaveLength(4);
    expect(world.reads).toHaveLength(4);
  });

  it('reads the heads of only those logs that had no live events', async () => {
    const world = new LogWorld();
    const got = [seqs(world.follow(0, 'a'), 2), seqs(world.follow(0, 'b'), 1)];
    await settled();
    await world.write(1, { logId: 'a' });
    await world.write(1, { logId: 'a', copies: 'lost' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.headsReads).toEqual([['b']]);
    await world.write(1, { logId: 'b' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await Promise.all(got)).toEqual([[1, 2], [1]]);
    expect(world.headsReads).toEqual([['b'], ['a']]);
  });

  it('buffers a limited number of events for a slow reader and reads the others from the log', async () => {
    const world = new LogWorld({ bufferEvents: 5, pageEvents: 10 });
    const events = world.follow(0);
    const first = seqs(events, 1);
    await settled();
    await world.write(1);
    expect(await first).toEqual([1]);
    for (let i = 0; i < 100; i++) await world.write(1);
    expect(await seqs(events, 100)).toEqual(range(2, 101));
    expect(world.reads.length).toBeGreaterThan(5);
  });

  it('yields every event to every reader, whatever happens to the live copies', async () => {
    for (let seed = 1; seed <= 300; seed++) await expectExactUnderChaos(seed);
  });

  it('throws TrimmedError when events after the cursor have been trimmed', async () => {
    const world = new LogWorld({ pageEvents: 2, bufferEvents: 1 });
    await world.write(10);
    const events = world.follow(0);
    expect(await seqs(events, 2)).toEqual([1, 2]);
    await world.log.trim('log', 5);
    await expect(events.next()).rejects.toThrow(TrimmedError);
    await world.expectNothingLeft();
  });

  it('throws TrimmedError when the whole log has been trimmed', async () => {
    const world = new LogWorld();
    const events = world.follow(0);
    const next = events.next();
    await settled();
    await world.write(3, { copies: 'lost' });
    await world.log.trim('log', 3);
    const refused = expect(next).rejects.toThrow(TrimmedError);
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
  });
});

describe('a log that cannot be read', () => {
  it('is read again when its heads can be read', async () => {
    const world = new LogWorld();
    await world.write(2);
    world.failing = true;
    const got = seqs(world.follow(0), 3);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.reads).toHaveLength(1);
    expect(world.errors).toHaveLength(1 + 5);
    world.failing = false;
    await vi.advanceTimersByTimeAsync(1_000);
    await world.write(1);
    expect(await got).toEqual([1, 2, 3]);
  });

  it('lets readers leave immediately', async () => {
    const world = new LogWorld();
    world.failing = true;
    const left = new AbortController();
    const [aborted, returned] = [world.follow(0, 'a', left.signal), world.follow(0, 'b')];
    const ends = [aborted.next(), returned.next()];
    await settled();
    left.abort();
    await returned.return();
    expect(await Promise.all(ends)).toEqual([END, END]);
    await world.expectNothingLeft();
  });

  it('does not start a second read of the heads while one is pending', async () => {
    const world = new LogWorld();
    const next = world.follow(0).next();
    await settled();
    const answered = world.holdAnswers();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.headsReads).toHaveLength(1);
    await world.write(1, { copies: 'lost' });
    answered.resolve();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await next).value).toMatchObject({ seq: 1 });
  });
});

describe('readers of the same log', () => {
  it('share one live subscription, which ends when the last one leaves', async () => {
    const world = new LogWorld();
    const readers = Array.from({ length: 3 }, () => world.follow(0));
    const got = readers.map((events) => seqs(events, 2));
    await settled();
    await world.write(2);
    expect(await Promise.all(got)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect([world.subscriptions, world.everSubscribed]).toEqual([1, 1]);
    await readers[0]!.return();
    await readers[1]!.return();
    expect(world.subscriptions).toBe(1);
    await readers[2]!.return();
    await world.expectNothingLeft();
  });

  it('share one read of the events that they all miss', async () => {
    const world = new LogWorld();
    const got = Array.from({ length: 100 }, () => seqs(world.follow(0), 3));
    await settled();
    await world.write(2, { copies: 'lost' });
    world.reads.length = 0;
    await world.write(1);
    expect(await Promise.all(got)).toEqual(got.map(() => [1, 2, 3]));
    expect(world.reads).toEqual([0]);
  });

  it('never share a read that started before one of them joined', async () => {
    const world = new LogWorld();
    const answered = world.holdAnswers();
    const early = seqs(world.follow(0), 1);
    await settled();
    await world.write(1, { copies: 'lost' });
    const late = seqs(world.follow(0), 1);
    await settled();
    answered.resolve();
    expect(await late).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await early).toEqual([1]);
  });
});

/** Copies are lost, duplicated, delayed, emptied and shuffled; reads are slow; readers join, pause and leave. */
async function expectExactUnderChaos(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const upTo = (n: number) => Math.floor(random() * (n + 1));
  const world = new LogWorld({ bufferEvents: 1 + upTo(4), pageEvents: 1 + upTo(4) });
  world.delay = () => ticks(upTo(12));
  const total = 40;
  const read = async (after: number, until: number) => {
    const events = world.follow(after);
    const got: number[] = [];
    while (got.length < until - after) {
      got.push(...(await seqs(events, 1)));
      if (random() < 0.3) await ticks(upTo(30));
    }
    await events.return();
    expect(got).toEqual(range(after + 1, until));
    return until;
  };
  const readers = [read(0, total), read(0, 10 + upTo(20)).then((cursor) => read(cursor, total))];
  const delayed: StoredEvent[][] = [];
  for (let written = 0; written < total; ) {
    const batch = await world.write(Math.min(1 + upTo(3), total - written), { copies: 'lost' });
    written += batch.length;
    const fate = random();
    if (fate < 0.5) world.deliver(batch);
    else if (fate < 0.6) world.deliver(batch, 'without events');
    else if (fate < 0.8) delayed.splice(upTo(delayed.length), 0, batch);
    if (random() < 0.3) delayed.splice(0, 1 + upTo(2)).forEach((copies) => world.deliver(copies));
    await ticks(upTo(20));
  }
  const finished = Promise.all(readers).then(() => true);
  for (let second = 0; !(await Promise.race([finished, ticks(400)])); second++) {
    expect(second, `seed ${seed}`).toBeLessThan(5);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await world.expectNothingLeft();
}
