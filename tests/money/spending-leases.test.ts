import { describe, expect, it } from 'vitest';
import { ReservationLostError } from '../../src/core/spending/held-reservations.ts';
import { eventually } from '../support/eventually.ts';
import { DOLLAR, limitsOf, spendingProcesses } from '../support/spending-process.ts';
import { seededRandom } from '../support/seeded-random.ts';

const processes = spendingProcesses();
const never = new AbortController().signal;

describe('a reservation', () => {
  it('is freed exactly once when its process dies', async () => {
    const dead = processes.start({ holdMs: 200, renewEveryMs: 3_600_000 });
    const gates = [1, 2, 3].map(() => processes.start({ waitMs: 1_000 }).gate);
    const limits = limitsOf('mortal', DOLLAR);
    await dead.gate.reserve({ limits, amountMicros: DOLLAR, signal: never });
    const results = await Promise.allSettled(
      gates.map((gate) => gate.reserve({ limits, amountMicros: DOLLAR, signal: never })),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((await processes.stateOf('mortal')).heldMicros).toBe(DOLLAR);
  });

  it('stays held as long as its process renews it', async () => {
    const { gate, sql } = processes.start({ holdMs: 150, renewEveryMs: 40 });
    const impatient = processes.start({ waitMs: 600 }).gate;
    const limits = limitsOf('renewed', DOLLAR);
    const reservation = await gate.reserve({ limits, amountMicros: DOLLAR, signal: never });
    await expect(impatient.reserve({ limits, amountMicros: 1n, signal: never })).rejects.toMatchObject({
      reason: 'held',
    });
    expect(reservation.lost.aborted).toBe(false);
    expect((await gate.read(sql, ['renewed'])).get('renewed')?.heldMicros).toBe(DOLLAR);
  });

  it('survives an outage longer than its lease when no other reservation needs its amount', async () => {
    const process = processes.start({ holdMs: 100, renewEveryMs: 20 });
    const reservation = await process.gate.reserve({
      limits: limitsOf('survivor', DOLLAR),
      amountMicros: DOLLAR,
      signal: never,
    });
    process.broken = true;
    await eventually(async () => expect((await processes.stateOf('survivor')).heldMicros).toBe(0n));
    process.broken = false;
    await eventually(async () => expect((await processes.stateOf('survivor')).heldMicros).toBe(DOLLAR));
    expect(reservation.lost.aborted).toBe(false);
    expect(process.errors.length).toBeGreaterThan(0);
  });

  it('notifies its holder when others have reserved its amount, and still counts the actual cost', async () => {
    const stalled = processes.start({ holdMs: 100, renewEveryMs: 20 });
    const { gate } = processes.start();
    const limits = limitsOf('stalled', DOLLAR);
    const lost = await stalled.gate.reserve({ limits, amountMicros: DOLLAR, signal: never });
    stalled.broken = true;
    await gate.reserve({ limits, amountMicros: 400_000n, signal: never });
    stalled.broken = false;
    await eventually(() => expect(lost.lost.aborted).toBe(true));
    expect(lost.lost.reason).toBeInstanceOf(ReservationLostError);
    await stalled.gate.settle(stalled.sql, lost, 50_000n);
    expect(await processes.stateOf('stalled')).toEqual({ spentMicros: 50_000n, heldMicros: 400_000n });
  });
});

describe('the accounts', () => {
  it('match the ledger and never exceed the limit, whatever happens to the calls', async () => {
    const cap = 50n * DOLLAR;
    const limits = [...limitsOf('random user', cap), ...limitsOf('random tenant', 2n * cap)];
    const gates = [1, 2, 3].map(() => processes.start({ holdMs: 400, renewEveryMs: 80, waitMs: 10_000 }));
    const doomed = processes.start({ holdMs: 100, renewEveryMs: 3_600_000, waitMs: 10_000 });
    const ledger: bigint[] = [];
    const random = seededRandom(20_261_121);

    const watch = new AbortController();
    const watching = watchCap('random user', cap, watch.signal);
    const calls = Array.from({ length: 400 }, async (_, i) => {
      const { gate, transact, sql } = random() < 0.1 ? doomed : gates[i % gates.length]!;
      const amountMicros = BigInt(Math.ceil(random() * 2_000_000));
      const actualMicros = BigInt((Math.floor(random() * Number(amountMicros)) / 20) | 0);
      const fate = random();
      const signal = fate < 0.1 ? AbortSignal.timeout(Math.floor(random() * 50)) : never;
      const reservation = await gate.reserve({ limits, amountMicros, signal }).catch(() => null);
      if (!reservation || gate === doomed.gate) return;
      if (fate < 0.25) return gate.release(reservation);
      if (fate < 0.4)
        await transact((tx) => failAfter(gate.settle(tx, reservation, actualMicros))).catch(() => {});
      await transact((tx) => gate.settle(tx, reservation, actualMicros));
      ledger.push(actualMicros);
      if (fate < 0.5) await gate.release(reservation);
      expect((await gate.read(sql, ['random user'])).size).toBe(1);
    });
    await Promise.all(calls);
    watch.abort();
    await watching;

    const spentMicros = ledger.reduce((sum, micros) => sum + micros, 0n);
    expect(ledger.length).toBeGreaterThan(200);
    await eventually(async () => {
      expect(await processes.stateOf('random user')).toEqual({ spentMicros, heldMicros: 0n });
      expect(await processes.stateOf('random tenant')).toEqual({ spentMicros, heldMicros: 0n });
    });
  });

  it('are cleaned of the holds of dead processes and settled calls', async () => {
    const dead = processes.start({ holdMs: 10, renewEveryMs: 3_600_000 });
    await dead.gate.reserve({ limits: limitsOf('abandoned', DOLLAR), amountMicros: 5n, signal: never });
    const done = await dead.gate.reserve({
      limits: limitsOf('finished', DOLLAR),
      amountMicros: 5n,
      signal: never,
    });
    await dead.gate.settle(dead.sql, done, 3n);

    const { gate, sql } = processes.start({ holdMs: 20, renewEveryMs: 10 });
    await gate.reserve({ limits: limitsOf('tidy', DOLLAR), amountMicros: 1n, signal: never });
    await eventually(async () => {
      const rows = await sql(`SELECT FROM spending_holds WHERE account_id IN ('abandoned', 'finished')`);
      expect(rows).toHaveLength(0);
    });
    expect(await processes.stateOf('finished')).toEqual({ spentMicros: 3n, heldMicros: 0n });
  });
});

async function watchCap(accountId: string, limitMicros: bigint, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { spentMicros, heldMicros } = await processes.stateOf(accountId);
    expect(spentMicros + heldMicros).toBeLessThanOrEqual(limitMicros);
  }
}

async function failAfter(work: Promise<void>): Promise<never> {
  await work;
  throw new Error('rolled back');
}
