import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { claim, release, renew } from '../../src/core/claims/claims.ts';
import { PostgresEventLog } from '../../src/core/event-log/event-log-postgres.ts';
import { testSql } from '../support/test-sql.ts';

const { sql, begin } = testSql();
const newId = () => `run:${randomUUID()}`;
const LEASE_MS = 60_000;
/** A lease that has already expired. */
const EXPIRED_MS = -1_000;

describe('claim', () => {
  it('takes a free claim and creates its log', async () => {
    const id = newId();
    expect(await claim(sql, id, 'a', LEASE_MS)).toEqual({ fence: 1 });
    expect(await new PostgresEventLog(sql).heads([id])).toEqual(new Map([[id, 0]]));
  });

  it('returns null during the lease, also for its own holder, and leaves the fence unchanged', async () => {
    const id = newId();
    await claim(sql, id, 'a', LEASE_MS);
    expect(await claim(sql, id, 'b', LEASE_MS)).toBeNull();
    expect(await claim(sql, id, 'a', LEASE_MS)).toBeNull();
    expect(await fenceOf(id)).toBe(1);
  });

  it('takes an expired claim with a higher fence', async () => {
    const id = newId();
    await claim(sql, id, 'a', EXPIRED_MS);
    expect(await claim(sql, id, 'b', LEASE_MS)).toEqual({ fence: 2 });
    expect(await renew(sql, 'a', [id], LEASE_MS)).toEqual(new Set());
  });

  it('raises the fence of an existing log', async () => {
    const id = newId();
    const log = new PostgresEventLog(sql);
    await log.append([{ logId: id, events: ['a mutation'] }]);
    const { fence } = (await claim(sql, id, 'a', LEASE_MS))!;
    const [event] = await log.append([{ logId: id, events: ['a worker'], fence }]);
    expect(event!.seq).toBe(2);
  });

  it('succeeds for exactly one of 50 concurrent calls, for a free and for an expired claim', async () => {
    for (const setUp of [async () => {}, (id: string) => claim(sql, id, 'earlier', EXPIRED_MS)]) {
      const id = newId();
      await setUp(id);
      const holders = Array.from({ length: 50 }, (_, i) => `holder ${i}`);
      const taken = await Promise.all(holders.map((holder) => claim(sql, id, holder, LEASE_MS)));
      expect(taken.filter((result) => result !== null)).toHaveLength(1);
    }
  });

  it('is rolled back with its transaction', async () => {
    const id = newId();
    const tx = await begin();
    await claim(tx.sql, id, 'a', LEASE_MS);
    await tx.rollback();
    expect(await claim(sql, id, 'b', LEASE_MS)).toEqual({ fence: 1 });
  });
});

describe('renew', () => {
  it('extends the claims that the holder has and omits those that it has lost', async () => {
    const [kept, lost, released, never] = [newId(), newId(), newId(), newId()];
    await claim(sql, kept, 'a', LEASE_MS);
    await claim(sql, lost, 'a', EXPIRED_MS);
    await claim(sql, released, 'a', LEASE_MS);
    await claim(sql, lost, 'b', LEASE_MS);
    await release(sql, released, 'a');
    const before = await leaseEnd(kept);
    expect(await renew(sql, 'a', [kept, lost, released, never], 2 * LEASE_MS)).toEqual(new Set([kept]));
    expect(await leaseEnd(kept)).toBeGreaterThan(before + LEASE_MS / 2);
    expect(await claim(sql, kept, 'c', LEASE_MS)).toBeNull();
  });

  it('extends an expired claim that nobody has taken', async () => {
    const id = newId();
    await claim(sql, id, 'a', EXPIRED_MS);
    expect(await renew(sql, 'a', [id], LEASE_MS)).toEqual(new Set([id]));
    expect(await claim(sql, id, 'b', LEASE_MS)).toBeNull();
  });

  it('does not wait for a locked log or for a claim that another transaction has locked', async () => {
    const [id, logHeld, rowHeld] = [newId(), newId(), newId()];
    for (const each of [id, logHeld, rowHeld]) await claim(sql, each, 'a', 1_000);
    const tx = await begin();
    await new PostgresEventLog(tx.sql).append([{ logId: logHeld, events: ['held'] }]);
    await release(tx.sql, rowHeld, 'a');
    const ids = [rowHeld, logHeld, id];
    expect(await renew(sql, 'a', ids, LEASE_MS)).toEqual(new Set(ids));
    await tx.commit();
    for (const each of [id, logHeld]) expect(await leaseEnd(each)).toBeGreaterThan(Date.now() + LEASE_MS / 2);
    expect(await renew(sql, 'a', ids, LEASE_MS)).toEqual(new Set([id, logHeld]));
  });
});

describe('release', () => {
  it('allows an immediate new claim with a higher fence', async () => {
    const id = newId();
    await claim(sql, id, 'a', LEASE_MS);
    await release(sql, id, 'a');
    expect(await claim(sql, id, 'b', LEASE_MS)).toEqual({ fence: 2 });
  });

  it('leaves a claim that another holder has taken over', async () => {
    const id = newId();
    await claim(sql, id, 'a', EXPIRED_MS);
    await claim(sql, id, 'b', LEASE_MS);
    await release(sql, id, 'a');
    expect(await claim(sql, id, 'c', LEASE_MS)).toBeNull();
  });
});

async function fenceOf(id: string): Promise<number> {
  const [row] = await sql<{ fence: number }>('SELECT fence FROM event_logs WHERE id = $1', [id]);
  return row!.fence;
}

async function leaseEnd(id: string): Promise<number> {
  const [row] = await sql<{ expires_at: Date }>('SELECT expires_at FROM claims WHERE id = $1', [id]);
  return row!.expires_at.getTime();
}
