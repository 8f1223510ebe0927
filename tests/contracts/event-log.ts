import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EventLog, FencedError } from '../../src/core/event-log/event-log.ts';
import { type Log, logKind } from '../../src/core/event-log/log.ts';

/** The contract of every event log implementation. */
export function describeEventLog(name: string, open: () => Adapter): void {
  const newLog = () => logKind<unknown>('log')(randomUUID());

  describe(name, () => {
    describe('append', () => {
      it('stores nothing for an empty list', async () => {
        expect(await open().log.append([])).toEqual([]);
      });

      it('numbers the events of a log from 1, in the order given', async () => {
        const { log } = open();
        const logId = newLog();
        const stored = await log.append([{ logId, events: ['a', 'b'] }]);
        const more = await log.append([{ logId, events: ['c'] }]);
        expect([...stored, ...more].map(({ seq, data }) => [seq, data])).toEqual([
          [1, 'a'],
          [2, 'b'],
          [3, 'c'],
        ]);
      });

      it('returns the events as readers see them', async () => {
        const { log } = open();
        const logId = newLog();
        const events = [{ text: 'héllo "{}" \u{1f600}\n' }, [1, 2.5, null, true], 'x', 0, null, {}];
        const stored = await log.append([{ logId, events }]);
        expect(stored.map(({ data }) => data)).toEqual(events);
        expect(
          stored.every(({ at }) => at instanceof Date && Math.abs(Date.now() - at.getTime()) < 60_000),
        ).toBe(true);
        expect((await log.read(logId, 0, 100)).events).toEqual(stored);
      });

      it('numbers each log separately, and returns events in the order of the log ids', async () => {
        const { log } = open();
        const [a, b] = [newLog(), newLog()].sort() as [Log, Log];
        await log.append([{ logId: b, events: [0] }]);
        const stored = await log.append([
          { logId: b, events: [1, 2] },
          { logId: a, events: [3] },
        ]);
        expect(stored.map(({ logId, seq }) => [logId, seq])).toEqual([
          [a, 1],
          [b, 2],
          [b, 3],
        ]);
      });

      it('accepts the fence of the latest claim, and writes without a fence', async () => {
        const { log, claim } = open();
        const logId = newLog();
        await claim(logId);
        const fence = await claim(logId);
        await log.append([{ logId, events: ['claimed'], fence }]);
        await log.append([{ logId, events: ['free'] }]);
        expect(await dataOf(log, logId)).toEqual(['claimed', 'free']);
      });

      it('rejects the fence of an earlier claim, and stores nothing in any log', async () => {
        const { log, claim } = open();
        const [logId, other, fresh] = [newLog(), newLog(), newLog()];
        const stale = await claim(logId);
        await claim(logId);
        await log.append([{ logId: other, events: ['before'] }]);
        const appends = [
          { logId, events: ['stale'], fence: stale },
          { logId: other, events: ['with it'] },
          { logId: fresh, events: ['with it'] },
        ];
        await expect(log.append(appends)).rejects.toThrow(new FencedError(logId));
        expect(await dataOf(log, logId)).toEqual([]);
        expect(await dataOf(log, other)).toEqual(['before']);
        expect(await log.state(fresh)).toEqual({ head: 0, floor: 0 });
      });

      it('rejects a fence for a log without a claim', async () => {
        const { log } = open();
        const logId = newLog();
        await expect(log.append([{ logId, events: [1], fence: 1 }])).rejects.toThrow(FencedError);
        expect(await log.heads([logId])).toEqual(new Map());
      });
    });

    describe('appendAvailable', () => {
      it('stores events with current fences and reports stale fences, independently per log', async () => {
        const { log, claim } = open();
        const [good, taken, unclaimed] = [newLog(), newLog(), newLog()];
        const fence = await claim(good);
        const stale = await claim(taken);
        await claim(taken);
        const { stored, busy, fenced } = await log.appendAvailable([
          { logId: good, events: ['a', 'b'], fence },
          { logId: taken, events: ['c'], fence: stale },
          { logId: unclaimed, events: ['d'], fence: 1 },
        ]);
        expect(stored.map(({ logId, seq, data }) => [logId, seq, data])).toEqual([
          [good, 1, 'a'],
          [good, 2, 'b'],
        ]);
        expect(busy).toEqual([]);
        expect(fenced.toSorted()).toEqual([taken, unclaimed].toSorted());
        expect((await log.read(good, 0, 10)).events).toEqual(stored);
        expect(await dataOf(log, taken)).toEqual([]);
      });
    });

    describe('read', () => {
      it('returns the events after the cursor, at most the requested number', async () => {
        const { log } = open();
        const logId = newLog();
        await log.append([{ logId, events: ['a', 'b', 'c', 'd'] }]);
        expect((await log.read(logId, 1, 2)).events.map(({ seq }) => seq)).toEqual([2, 3]);
        expect((await log.read(logId, 4, 2)).events).toEqual([]);
        expect((await log.read(newLog(), 0, 2)).events).toEqual([]);
      });
    });

    describe('a page of large events', () => {
      const kilobytes = (count: number) => 'é'.repeat(count * 512);

      it('ends before its bytes exceed the limit, and says that more follow', async () => {
        const { log } = open();
        const logId = newLog();
        const large = kilobytes(120);
        await log.append([{ logId, events: [large, large, large, 'small'] }]);
        const [first, second] = [await log.read(logId, 0, 10), await log.read(logId, 2, 10)];
        expect([first.events.map(({ seq }) => seq), first.hasMore]).toEqual([[1, 2], true]);
        expect([second.events.map(({ seq }) => seq), second.hasMore]).toEqual([[3, 4], false]);
      });

      it('has one event at least', async () => {
        const { log } = open();
        const logId = newLog();
        await log.append([{ logId, events: [kilobytes(300), 'small'] }]);
        const { events, hasMore } = await log.read(logId, 0, 10);
        expect([events.map(({ seq }) => seq), hasMore]).toEqual([[1], true]);
      });

      it('says whether more follow, also when the limit is the reason', async () => {
        const { log } = open();
        const logId = newLog();
        await log.append([{ logId, events: ['a', 'b', 'c'] }]);
        expect((await log.read(logId, 0, 2)).hasMore).toBe(true);
        expect((await log.read(logId, 1, 2)).hasMore).toBe(false);
        expect((await log.read(logId, 3, 2)).hasMore).toBe(false);
      });
    });

    describe('state, heads', () => {
      it('return the newest seq, and 0 for a log that was never written to', async () => {
        const { log } = open();
        const [logId, none] = [newLog(), newLog()];
        await log.append([{ logId, events: ['a', 'b'] }]);
        expect(await log.state(logId)).toEqual({ head: 2, floor: 0 });
        expect(await log.state(none)).toEqual({ head: 0, floor: 0 });
        expect(await log.heads([logId, none])).toEqual(new Map([[logId, 2]]));
        expect(await log.heads([])).toEqual(new Map());
      });
    });

    describe('trim', () => {
      it('deletes the start of a log, records the floor, and continues the numbering', async () => {
        const { log } = open();
        const logId = newLog();
        await log.append([{ logId, events: ['a', 'b', 'c', 'd'] }]);
        await log.trim(logId, 2);
        expect(await log.state(logId)).toEqual({ head: 4, floor: 2 });
        expect((await log.read(logId, 0, 10)).events.map(({ seq }) => seq)).toEqual([3, 4]);
        expect((await log.read(logId, 3, 10)).events.map(({ seq }) => seq)).toEqual([4]);
        const [next] = await log.append([{ logId, events: ['e'] }]);
        expect(next!.seq).toBe(5);
      });

      it('never moves the floor back or beyond the head, and does not change other logs', async () => {
        const { log } = open();
        const [logId, other] = [newLog(), newLog()];
        await log.append([
          { logId, events: ['a', 'b'] },
          { logId: other, events: ['c'] },
        ]);
        await log.trim(logId, 9);
        await log.trim(logId, 1);
        await log.trim(newLog(), 1);
        expect(await log.state(logId)).toEqual({ head: 2, floor: 2 });
        expect((await log.read(logId, 0, 10)).events).toEqual([]);
        expect(await dataOf(log, other)).toEqual(['c']);
      });
    });

    describe('erase', () => {
      it('deletes every event, rejects earlier claims, and continues the numbering', async () => {
        const { log, claim } = open();
        const [logId, other] = [newLog(), newLog()];
        const fence = await claim(logId);
        await log.append([
          { logId, events: ['a', 'b'], fence },
          { logId: other, events: ['c'] },
        ]);
        await log.erase(logId);
        await log.erase(newLog());
        await expect(log.append([{ logId, events: ['stale'], fence }])).rejects.toThrow(FencedError);
        const [next] = await log.append([{ logId, events: ['last'] }]);
        expect(next!.seq).toBe(3);
        expect(await log.state(logId)).toEqual({ head: 3, floor: 2 });
        expect(await dataOf(log, logId)).toEqual(['last']);
        expect(await dataOf(log, other)).toEqual(['c']);
      });
    });

    describe('texts', () => {
      it('joins, for each part, the texts of the events that match all its fields, in log order', async () => {
        const { log } = open();
        const logId = logKind<Piece>('log')(randomUUID());
        const piece = (of: string, attempt: number, text: string): Piece => ({
          type: 'piece',
          of,
          attempt,
          text,
        });
        const events = [
          piece('a', 1, 'void'),
          piece('a', 2, 'hé'),
          { type: 'other', of: 'a', attempt: 2 },
          piece('b', 1, 'x\n"'),
          piece('a', 2, 'llo'),
        ];
        await log.append([{ logId, events }]);
        const part = (of: string, attempt: number) => ({ type: 'piece' as const, of, attempt });
        expect(await log.texts(logId, [part('b', 1), part('a', 2), part('a', 3)])).toEqual([
          'x\n"',
          'héllo',
          '',
        ]);
        expect(await log.texts(logId, [])).toEqual([]);
      });
    });
  });
}

async function dataOf(log: EventLog, logId: Log): Promise<unknown[]> {
  const { events } = await log.read(logId, 0, 1_000);
  return events.map(({ data }) => data);
}

interface Piece {
  type: 'piece';
  of: string;
  attempt: number;
  text: string;
}

export interface Adapter {
  log: EventLog;
  /** Claims the log again and returns the fence. */
  claim: (logId: string) => Promise<number>;
}
