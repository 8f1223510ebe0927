import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { claim } from '../../src/core/claims/claims.ts';
import { PostgresEventLog } from '../../src/core/event-log/event-log-postgres.ts';
import { FencedError, type StoredEvent } from '../../src/core/event-log/event-log.ts';
import { type Log, logKind } from '../../src/core/event-log/log.ts';
import { eventually } from '../support/eventually.ts';
import { testSql } from '../support/test-sql.ts';

const { sql, begin } = testSql();
const log = new PostgresEventLog(sql);
const newLog = () => logKind<unknown>('log')(randomUUID());
const newClaim = async (logId: string) => (await claim(sql, logId, randomUUID(), EXPIRED))!.fence;
const EXPIRED = -1_000;

describe('append', () => {
  it('leaves no gaps and no duplicates when 20 writers append 50 times each and every third rolls back', async () => {
    const logId = newLog();
    const kept: string[] = [];
    await together(20, async (writer) => {
      for (let i = 0; i < 50; i++) {
        const text = `${writer}:${i}`;
        const tx = await begin();
        await new PostgresEventLog(tx.sql).append([{ logId, events: [text] }]);
        await (i % 3 === 2 ? tx.rollback() : tx.commit());
        if (i % 3 !== 2) kept.push(text);
      }
    });
    const { events } = await log.read(logId, 0, 10_000);
    expect(events.map(({ seq }) => seq)).toEqual(upTo(kept.length));
    expect(new Set(events.map(({ data }) => data))).toEqual(new Set(kept));
    expect(await log.state(logId)).toEqual({ head: kept.length, floor: 0 });
  });

  it('does not deadlock when many writers append to overlapping logs, some of them new', async () => {
    for (let round = 0; round < 10; round++) {
      const logs = Array.from({ length: 6 }, newLog);
      await together(16, async (writer) => {
        const chosen = logs.filter((_, index) => (writer * 7 + index * 3 + round) % 4 !== 0);
        const appends = chosen.reverse().map((logId) => ({ logId, events: [writer, writer] }));
        const tx = await begin();
        await new PostgresEventLog(tx.sql).append(appends);
        await tx.commit();
      });
      for (const logId of logs) await expectGapless(logId);
    }
  });

  it('waits for a log that another transaction has locked, and continues its numbering', async () => {
    const logId = newLog();
    await log.append([{ logId, events: ['first'] }]);
    const other = await begin();
    await new PostgresEventLog(other.sql).append([{ logId, events: ['other'] }]);
    const waiting = log.append([{ logId, events: ['mine'] }]);
    await somebodyWaits();
    await other.commit();
    expect((await waiting)[0]!.seq).toBe(3);
  });

  it('reuses the numbers of a rolled back transaction', async () => {
    const logId = newLog();
    await log.append([{ logId, events: ['first'] }]);
    const other = await begin();
    await new PostgresEventLog(other.sql).append([{ logId, events: ['never'] }]);
    const waiting = log.append([{ logId, events: ['second'] }]);
    await somebodyWaits();
    await other.rollback();
    expect((await waiting)[0]!.seq).toBe(2);
  });

  it('rejects a writer that waited for the log while a new claim raised the fence', async () => {
    const logId = newLog();
    const fence = await newClaim(logId);
    const takeover = await begin();
    expect(await claim(takeover.sql, logId, 'other', EXPIRED)).toEqual({ fence: fence + 1 });
    const waiting = log.append([{ logId, events: ['stale'], fence }]);
    const refused = expect(waiting).rejects.toThrow(new FencedError(logId));
    await somebodyWaits();
    await takeover.commit();
    await refused;
    expect((await log.read(logId, 0, 10)).events).toEqual([]);
  });

  it('rejects a writer when the fence of its second log was raised while it waited for the first', async () => {
    const [first, second] = [newLog(), newLog()].toSorted() as [Log, Log];
    const fence = await newClaim(second);
    await log.append([{ logId: first, events: ['first'] }]);
    const holder = await begin();
    await new PostgresEventLog(holder.sql).append([{ logId: first, events: ['held'] }]);
    const waiting = log.append([
      { logId: first, events: ['x'] },
      { logId: second, events: ['x'], fence },
    ]);
    const refused = expect(waiting).rejects.toThrow(new FencedError(second));
    await somebodyWaits();
    await newClaim(second);
    await holder.commit();
    await refused;
    expect(await log.state(first)).toEqual({ head: 2, floor: 0 });
  });

  it('recreates a log that was deleted while it waited for it', async () => {
    const logId = newLog();
    await log.append([{ logId, events: ['old'] }]);
    const deletion = await begin();
    await deletion.sql('DELETE FROM events WHERE log_id = $1', [logId]);
    await deletion.sql('DELETE FROM event_logs WHERE id = $1', [logId]);
    const waiting = log.append([{ logId, events: ['new'] }]);
    await somebodyWaits();
    await deletion.commit();
    expect(await waiting).toMatchObject([{ seq: 1, data: 'new' }]);
    expect((await log.read(logId, 0, 10)).events).toHaveLength(1);
  });

  it('commits or rolls back with its transaction', async () => {
    const logId = newLog();
    const tx = await begin();
    await new PostgresEventLog(tx.sql).append([{ logId, events: ['a'] }]);
    expect(await log.state(logId)).toEqual({ head: 0, floor: 0 });
    await tx.rollback();
    expect(await log.state(logId)).toEqual({ head: 0, floor: 0 });
  });
});

describe('appendAvailable', () => {
  it('skips a locked log and stores the others immediately', async () => {
    const [held, free] = [newLog(), newLog()];
    const [heldFence, freeFence] = [await newClaim(held), await newClaim(free)];
    const holder = await begin();
    await new PostgresEventLog(holder.sql).append([{ logId: held, events: ['held'] }]);
    const appends = [
      { logId: held, events: ['a'], fence: heldFence },
      { logId: free, events: ['b'], fence: freeFence },
    ];
    const first = await log.appendAvailable(appends);
    expect(first).toMatchObject({ stored: [{ logId: free, seq: 1, data: 'b' }], busy: [held], fenced: [] });
    await holder.commit();
    const second = await log.appendAvailable(appends.slice(0, 1));
    expect(second).toMatchObject({ stored: [{ logId: held, seq: 2, data: 'a' }], busy: [], fenced: [] });
  });

  it('skips a log during a claim, and rejects its old fence after the claim', async () => {
    const logId = newLog();
    const appends = [{ logId, events: ['a'], fence: await newClaim(logId) }];
    const takeover = await begin();
    await claim(takeover.sql, logId, 'other', EXPIRED);
    expect(await log.appendAvailable(appends)).toEqual({ stored: [], busy: [logId], fenced: [] });
    await takeover.commit();
    expect(await log.appendAvailable(appends)).toEqual({ stored: [], busy: [], fenced: [logId] });
  });

  it('always rejects stale writers while claims are taken over and mutations append in between', async () => {
    const logs = Array.from({ length: 4 }, newLog);
    for (const logId of logs) await newClaim(logId);
    await together(12, async (worker) => {
      for (let i = 0; i < 40; i++) {
        const logId = logs[(worker + i) % logs.length]!;
        if (worker < 2) await log.append([{ logId, events: ['mutation'] }]);
        else if (i % 8 === 0) await writeUntilFenced(logId, await newClaim(logId), logs);
      }
    });
    for (const logId of logs) {
      const events = await expectGapless(logId);
      const fences = events.map(({ data }) => data).filter((data) => typeof data === 'number');
      expect(fences.length).toBeGreaterThan(10);
      expect(fences).toEqual(fences.toSorted((a, b) => a - b));
    }
  });

  /** A worker that writes its fence, sometimes together with an unclaimed log, until it is rejected or done. */
  async function writeUntilFenced(logId: string, fence: number, logs: string[]): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const strange = logs
        .filter((other) => other !== logId)
        .map((other) => ({ logId: other, events: [-1], fence: 0 }));
      const { fenced } = await log.appendAvailable([{ logId, events: [fence, fence], fence }, ...strange]);
      if (fenced.includes(logId)) return;
    }
  }
});

async function expectGapless(logId: Log): Promise<StoredEvent[]> {
  const { events } = await log.read(logId, 0, 100_000);
  expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
  expect(await log.state(logId)).toEqual({ head: events.length, floor: 0 });
  return events;
}

async function somebodyWaits(): Promise<void> {
  await eventually(async () => {
    const [row] = await sql<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row!.waiting > 0;
  });
}

const together = (count: number, work: (index: number) => Promise<void>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
