import { describe, expect, it } from 'vitest';
import { FetchSlots, SlotsFullError } from '../../../../src/core/safe-fetch/fetch-slots.ts';

const never = new AbortController().signal;

describe('slots for fetches', () => {
  it('are limited in all and for each host, and given out in order', async () => {
    const slots = new FetchSlots({ maxTotal: 3, maxPerHost: 2, maxWaiting: 10 });
    const started: string[] = [];
    const take = async (name: string) => {
      const release = await slots.take(name[0]!, never);
      started.push(name);
      return release;
    };
    const [a1, a2, a3, b1, b2] = ['a1', 'a2', 'a3', 'b1', 'b2'].map(take);
    await Promise.all([a1, a2, b1]);
    expect([started, slots.waiting]).toEqual([['a1', 'a2', 'b1'], 2]);
    (await b1!)();
    await b2;
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2']); // a3 waits for its host and holds up nobody
    (await a1!)();
    await a3;
    expect([started.at(-1), slots.waiting]).toEqual(['a3', 0]);
  });

  it('end the wait with the signal, and refuse when too many wait', async () => {
    const slots = new FetchSlots({ maxTotal: 1, maxPerHost: 1, maxWaiting: 1 });
    const release = await slots.take('a', never);
    const stop = new AbortController();
    const waiting = slots.take('b', stop.signal);
    await expect(slots.take('c', never)).rejects.toThrow(SlotsFullError);
    stop.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(slots.waiting).toBe(0);
    release();
    (await slots.take('c', never))();
  });
});
