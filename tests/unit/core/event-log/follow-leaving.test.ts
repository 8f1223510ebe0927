import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { END, type Events, LogWorld, seqs, settled } from '../../../support/log-world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('leaving', () => {
  const waits: [string, (world: LogWorld) => void][] = [
    ['for something new', () => {}],
    ['for its subscription', (world) => world.holdSubscriptions()],
    ['for the log', (world) => world.holdAnswers()],
  ];
  const ways: [string, (world: LogWorld, events: Events, left: AbortController) => unknown][] = [
    ['return', (_, events) => events.return()],
    ['its signal', (_, __, left) => left.abort()],
    ['closing the followers', (world) => world.followers.close()],
  ];
  for (const [wait, hold] of waits) {
    it.each(ways)(`by %s ends a wait ${wait} immediately`, async (_, leave) => {
      const world = new LogWorld();
      hold(world);
      const left = new AbortController();
      const events = world.follow(0, 'log', left.signal);
      const next = events.next();
      await settled();
      await leave(world, events, left);
      expect(await next).toEqual(END);
      expect(await events.next()).toEqual(END);
      world.release();
      await world.expectNothingLeft();
    });
  }

  it.each(ways)('by %s ends a reader in the middle of a page', async (_, leave) => {
    const world = new LogWorld();
    await world.write(10);
    const left = new AbortController();
    const events = world.follow(0, 'log', left.signal);
    await seqs(events, 2);
    await leave(world, events, left);
    expect(await events.next()).toEqual(END);
    await world.expectNothingLeft();
  });

  it('before the first event or after the end has no effect', async () => {
    const world = new LogWorld();
    await world.follow(0).return();
    expect(await world.follow(0, 'log', AbortSignal.abort()).next()).toEqual(END);
    world.followers.close();
    expect(await world.follow(0).next()).toEqual(END);
    expect(world.everSubscribed).toBe(0);
    await world.expectNothingLeft();
  });

  it('releases everything of 10,000 readers of quiet logs', async () => {
    const world = new LogWorld();
    const server = new AbortController();
    const comeAndGo = async () => {
      const readers = Array.from({ length: 10_000 }, (_, i) => world.follow(0, `log ${i}`, server.signal));
      const ends = readers.map((events) => events.next());
      await settled();
      expect(world.subscriptions).toBe(10_000);
      await Promise.all(readers.map((events) => events.return()));
      expect(await Promise.all(ends)).toEqual(ends.map(() => END));
      world.forget();
    };
    await comeAndGo();
    const before = heapBytes();
    await comeAndGo();
    expect(heapBytes() - before).toBeLessThan(1_000_000);
    expect(getEventListeners(server.signal, 'abort')).toEqual([]);
    await world.expectNothingLeft();
  });
});

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
