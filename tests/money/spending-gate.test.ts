import { describe, expect, it } from 'vitest';
import { DOLLAR, limitsOf, spendingProcesses, sqlOf } from '../support/spending-process.ts';

const processes = spendingProcesses();
const never = new AbortController().signal;

describe('reserve', () => {
  it('never exceeds the limit for concurrent requests in several processes', async () => {
    const gates = [1, 2, 3, 4].map(() => processes.start({ waitMs: 400 }).gate);
    const limits = limitsOf('crowd', DOLLAR);
    const asked = Array.from({ length: 200 }, (_, i) =>
      gates[i % gates.length]!.reserve({ limits, amountMicros: 100_000n, signal: never }),
    );
    const results = await Promise.allSettled(asked);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(10);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ name: 'OverLimitError', reason: 'held' });
    }
    expect(await processes.stateOf('crowd')).toEqual({ spentMicros: 0n, heldMicros: DOLLAR });
  });

  it('grants all waiting requests as amounts are freed, and never spends more than the limit', async () => {
    const gates = [1, 2, 3].map(() => processes.start());
    const costs = await Promise.all(
      Array.from({ length: 90 }, async (_, i) => {
        const { gate, transact } = gates[i % gates.length]!;
        const reservation = await gate.reserve({
          limits: limitsOf('patient', DOLLAR),
          amountMicros: 200_000n,
          signal: never,
        });
        expect((await processes.stateOf('patient')).heldMicros).toBeLessThanOrEqual(DOLLAR);
        await transact((tx) => gate.settle(tx, reservation, 7_777n));
        return 7_777n;
      }),
    );
    expect(costs).toHaveLength(90);
    expect(await processes.stateOf('patient')).toEqual({ spentMicros: 90n * 7_777n, heldMicros: 0n });
  });

  it('rejects immediately when spending alone would exceed the limit', async () => {
    const { gate, transact } = processes.start();
    const limits = limitsOf('spent', DOLLAR);
    const first = await gate.reserve({ limits, amountMicros: 800_000n, signal: never });
    await transact((tx) => gate.settle(tx, first, 800_000n));
    await gate.reserve({ limits, amountMicros: 200_000n, signal: never });
    await expect(gate.reserve({ limits, amountMicros: 200_001n, signal: never })).rejects.toMatchObject({
      reason: 'spent',
      accountId: 'spent',
      limitMicros: DOLLAR,
      spentMicros: 800_000n,
    });
  });

  it('holds the amount on all accounts or none, and names the account that exceeds its limit', async () => {
    const { gate } = processes.start({ waitMs: 50 });
    const limits = [
      ...limitsOf('wide', 10n * DOLLAR),
      ...limitsOf('narrow', DOLLAR),
      ...limitsOf('free', null),
    ];
    await gate.reserve({ limits, amountMicros: 600_000n, signal: never });
    const second = gate.reserve({ limits, amountMicros: 600_000n, signal: never });
    await expect(second).rejects.toMatchObject({ reason: 'held', accountId: 'narrow' });
    expect(await processes.stateOf('wide')).toEqual({ spentMicros: 0n, heldMicros: 600_000n });
    expect(await processes.stateOf('free')).toEqual({ spentMicros: 0n, heldMicros: 600_000n });
  });

  it('does not let a small request overtake a larger one that waits for the same account', async () => {
    const { gate } = processes.start();
    const limits = limitsOf('fair', DOLLAR);
    const first = await gate.reserve({ limits, amountMicros: 600_000n, signal: never });
    const order: string[] = [];
    const large = gate.reserve({ limits, amountMicros: 900_000n, signal: never });
    const small = gate.reserve({ limits, amountMicros: 10_000n, signal: never });
    void large.then(() => order.push('large'));
    void small.then(() => order.push('small'));
    await gate.release(first);
    await large;
    await small;
    expect(order).toEqual(['large', 'small']);
  });

  it('lets requests pass that share only accounts with room', async () => {
    const { gate } = processes.start();
    const tenant = limitsOf('tenant', 100n * DOLLAR);
    const ann = [...limitsOf('ann', DOLLAR), ...tenant];
    const bob = [...limitsOf('bob', DOLLAR), ...tenant];
    await gate.reserve({ limits: ann, amountMicros: DOLLAR, signal: never });
    const stop = new AbortController();
    const waiting = gate.reserve({ limits: ann, amountMicros: DOLLAR, signal: stop.signal });
    await gate.reserve({ limits: bob, amountMicros: DOLLAR, signal: never });
    stop.abort();
    await expect(waiting).rejects.toBe(stop.signal.reason);
  });

  it('ends the wait immediately when its signal aborts, and holds nothing', async () => {
    const { gate, sql } = processes.start();
    const limits = limitsOf('aborted', DOLLAR);
    const first = await gate.reserve({ limits, amountMicros: DOLLAR, signal: never });
    const stop = new AbortController();
    const waiting = gate.reserve({ limits, amountMicros: 1n, signal: stop.signal });
    await expect(
      gate.reserve({ limits, amountMicros: DOLLAR, signal: AbortSignal.abort() }),
    ).rejects.toThrow();
    stop.abort();
    await expect(waiting).rejects.toBe(stop.signal.reason);
    await gate.release(first);
    expect((await gate.read(sql, ['aborted'])).get('aborted')).toEqual({ spentMicros: 0n, heldMicros: 0n });
  });

  it('aborts immediately even while another transaction has locked the account', async () => {
    const { gate, pool } = processes.start();
    const limits = limitsOf('locked', DOLLAR);
    await gate.release(await gate.reserve({ limits, amountMicros: 1n, signal: never }));
    const client = await pool.connect();
    await client.query(`BEGIN; SELECT FROM spending_accounts WHERE id = 'locked' FOR UPDATE`);
    const stop = new AbortController();
    const waiting = gate.reserve({ limits, amountMicros: 1n, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toBe(stop.signal.reason);
    await client.query('ROLLBACK');
    client.release();
    await gate.reserve({ limits, amountMicros: 2n, signal: never }); // what is asked later is decided later
    expect((await processes.stateOf('locked')).heldMicros).toBe(2n);
  });

  it('fails while the database is unavailable, and works again afterwards', async () => {
    const process = processes.start();
    const limits = limitsOf('outage', DOLLAR);
    process.broken = true;
    await expect(process.gate.reserve({ limits, amountMicros: 1n, signal: never })).rejects.toThrow('away');
    process.broken = false;
    await process.gate.reserve({ limits, amountMicros: 1n, signal: never });
  });
});

describe('settle', () => {
  it('counts from the commit of its transaction, and not at all after a rollback', async () => {
    const { gate, transact, sql } = processes.start();
    const limits = limitsOf('rolled back', DOLLAR);
    const reservation = await gate.reserve({ limits, amountMicros: 500_000n, signal: never });
    const failing = transact(async (tx) => {
      await gate.settle(tx, reservation, 300_000n);
      throw new Error('fenced');
    });
    await expect(failing).rejects.toThrow('fenced');
    expect(await processes.stateOf('rolled back')).toEqual({ spentMicros: 0n, heldMicros: 500_000n });
    await gate.settle(sql, reservation, 300_000n);
    expect(await processes.stateOf('rolled back')).toEqual({ spentMicros: 300_000n, heldMicros: 0n });
  });

  it('never waits for another open transaction', async () => {
    const { gate, pool, sql } = processes.start();
    const limits = limitsOf('open transaction', DOLLAR);
    const [first, second] = await Promise.all(
      [1, 2].map(() => gate.reserve({ limits, amountMicros: 100_000n, signal: never })),
    );
    const client = await pool.connect();
    await client.query('BEGIN');
    await gate.settle(sqlOf(client), first!, 60_000n);
    await gate.settle(sql, second!, 70_000n);
    await gate.reserve({ limits, amountMicros: 100_000n, signal: never });
    expect(await processes.stateOf('open transaction')).toEqual({
      spentMicros: 70_000n,
      heldMicros: 200_000n,
    });
    await client.query('COMMIT');
    client.release();
    expect(await processes.stateOf('open transaction')).toEqual({
      spentMicros: 130_000n,
      heldMicros: 100_000n,
    });
  });

  it('keeps the settled amount when the reservation is released afterwards', async () => {
    const { gate, sql } = processes.start();
    const reservation = await gate.reserve({
      limits: limitsOf('kept', DOLLAR),
      amountMicros: 9n,
      signal: never,
    });
    await gate.settle(sql, reservation, 9n);
    await gate.release(reservation);
    expect(await processes.stateOf('kept')).toEqual({ spentMicros: 9n, heldMicros: 0n });
  });
});

describe('close', () => {
  it('frees held amounts, rejects waiting requests, and leaves no timer', async () => {
    const { gate } = processes.start();
    const limits = limitsOf('closed', DOLLAR);
    await gate.reserve({ limits, amountMicros: DOLLAR, signal: never });
    const waiting = gate.reserve({ limits, amountMicros: 1n, signal: never });
    const refused = expect(waiting).rejects.toMatchObject({ name: 'GateUnavailableError' });
    await gate.close();
    await refused;
    expect(await processes.stateOf('closed')).toEqual({ spentMicros: 0n, heldMicros: 0n });
    await expect(gate.reserve({ limits, amountMicros: 1n, signal: never })).rejects.toMatchObject({
      name: 'GateUnavailableError',
    });
  });
});
