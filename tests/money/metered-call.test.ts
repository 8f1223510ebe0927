import { describe, expect, it } from 'vitest';
import { BudgetExceededError } from '../../src/modules/usage/errors.ts';
import { totalsOfDay } from '../../src/modules/usage/ledger.ts';
import { babbles, fails, metering, says, textOf } from '../support/metering.ts';

const metered = metering();

describe('openMeteredCall', () => {
  it('holds the maximum cost during the call, then charges the actual cost', async () => {
    const ann = metered.newcomer();
    const call = await ann.open(says('Hello.', 10, 3));
    const during = await ann.today();
    expect(during.costMicros).toBe(0n);
    expect(during.reservedMicros).toBeGreaterThan(2_000n);

    expect(await textOf(call.parts)).toBe('Hello.');
    const usage = { inputTokens: 10, outputTokens: 3 };
    expect(await ann.settle(call)).toMatchObject({ costMicros: 16n, usage, estimated: false });
    expect(await ann.today()).toMatchObject({ costMicros: 16n, reservedMicros: 0n, usage });
  });

  it('never spends more than $1.00 on 200 concurrent calls with a limit of $1.00', async () => {
    const ann = metered.newcomer();
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async () => {
        const call = await ann.open(says('An answer.', 20_000, 15_000), {
          system: 's'.repeat(20_000),
          maxOutputTokens: 15_000,
        });
        await textOf(call.parts);
        return (await ann.settle(call)).costMicros;
      }),
    );
    const { costMicros, reservedMicros } = await ann.today();
    expect(reservedMicros).toBe(0n);
    const costs = results.map((result) => (result.status === 'fulfilled' ? result.value : 0n));
    expect(costMicros).toBe(costs.reduce((sum, cost) => sum + cost, 0n));
    expect(costMicros).toBeLessThanOrEqual(1_000_000n);
    expect(costMicros).toBeGreaterThan(900_000n);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(BudgetExceededError);
    }
  });

  it('is rejected by the limit of the plan, with the time of the next reset', async () => {
    const ann = metered.newcomer({ plan: 'FREE' });
    await ann.spend(999_800n);
    const opening = ann.open(says('', 1, 1), HUGE);
    await expect(opening).rejects.toThrow(
      /would exceed your plan's limit of \$1\.00 per UTC day: \$0\.9998 has been spent\. Choose/,
    );
    await expect(opening).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      scope: 'USER_DAY',
      costLimitMicros: 1_000_000n,
      spentMicros: 999_800n,
      resetsAt: new Date('2026-11-22T00:00:00Z'),
    });
  });

  it('is rejected by the limit that all members of the tenant share', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    await ann.database.prisma.tenant.create({
      data: { id: ann.payer.tenantId, externalId: 'shared', name: 'Shared', costLimitMicros: 2_000n },
    });
    const first = await ann.open(says('a', 500, 500), { system: 's'.repeat(700), maxOutputTokens: 500 });
    await textOf(first.parts);
    await ann.settle(first);
    await expect(ann.open(says('', 1, 1))).rejects.toMatchObject({
      message: expect.stringContaining('$0.002 per UTC day that all members of your organization share'),
      spentMicros: 1_500n,
    });
  });

  it('is rejected by the limit of its run, which has no reset', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED', executionLimitMicros: 375n });
    await expect(ann.open(says('', 1, 1))).rejects.toMatchObject({
      message: expect.stringContaining("the run's limit of $0.000375"),
      resetsAt: null,
    });
  });

  it('reports that other calls hold the rest when its wait times out', async () => {
    const ann = metered.newcomer();
    await ann.open(says('', 1, 1), { maxOutputTokens: 400_000 });
    const second = ann.open(says('', 1, 1), { maxOutputTokens: 400_000 });
    await expect(second).rejects.toThrow(
      /and other calls in progress reserve the rest\. Try again when they have ended\.$/,
    );
  });

  it('counts a call on the day of its start, even if it ends after midnight', async () => {
    const ann = metered.newcomer();
    ann.now = new Date('2026-11-21T23:59:59.999Z');
    const late = await ann.open(says('a', 1, 1));
    ann.now = new Date('2026-11-22T00:00:00.000Z');
    const early = await ann.open(says('b', 1, 2));
    for (const call of [late, early]) {
      await textOf(call.parts);
      await ann.settle(call);
    }
    expect(await ann.today()).toMatchObject({ costMicros: 5n, date: new Date('2026-11-22') });
    ann.now = new Date('2026-11-21T12:00:00Z');
    expect(await ann.today()).toMatchObject({ costMicros: 3n, resetsAt: new Date('2026-11-22') });
    expect((await totalsOfDay(ann.database.sql, ann.payer.userId, '2026-11-21')).costMicros).toBe(3n);
  });
});

describe('the parts of a call', () => {
  it('are not requested after the signal has aborted, and cost nothing', async () => {
    const ann = metered.newcomer();
    const model = says('x', 1, 1);
    const stop = new AbortController();
    const call = await ann.open(model, { signal: stop.signal });
    stop.abort();
    await expect(textOf(call.parts)).rejects.toBe(stop.signal.reason);
    expect(model.calls).toBe(0);
    expect(await ann.settle(call)).toMatchObject({ costMicros: 0n, billed: false });
    expect(await ann.today()).toMatchObject({ costMicros: 0n, reservedMicros: 0n });
  });

  it('end with `length` when the provider sends more than the limit, which is truncated and reported', async () => {
    const ann = metered.newcomer();
    const model = babbles('word '.repeat(100), 1_000);
    const call = await ann.open(model, { maxOutputTokens: 100 });
    const text = await textOf(call.parts);
    expect(text.length).toBeLessThan(1_000);
    expect(model.sent).toBeLessThan(4);
    expect(model.closed).toBe(true);
    const { estimated, costMicros, usage, unbookedMicros } = await ann.settle(call);
    expect(estimated).toBe(true);
    expect(usage.outputTokens).toBe(100);
    expect(unbookedMicros).toBeGreaterThan(0n);
    expect(ann.warnings).toEqual([expect.stringContaining('provider exceeded what was reserved')]);
    expect((await ann.today()).costMicros).toBe(costMicros);
  });

  it('close the provider’s stream when the reader leaves, and cost what had arrived', async () => {
    const ann = metered.newcomer();
    const model = babbles('word '.repeat(20), 1_000);
    const call = await ann.open(model);
    for await (const part of call.parts) if (part.type === 'text') break;
    expect(model.closed).toBe(true);
    const { estimated, usage } = await ann.settle(call);
    expect(estimated).toBe(true);
    expect(usage.outputTokens).toBeGreaterThanOrEqual(20);
    expect(usage.outputTokens).toBeLessThanOrEqual(24);
  });

  it('fail with a retryable error when the amount held for them was reserved by others', async () => {
    const ann = metered.newcomer({ holdMs: 30, renewEveryMs: 10 });
    const call = await ann.open(babbles('x', 1_000, 5));
    await ann.database.sql('DELETE FROM spending_holds WHERE account_id LIKE $1', [
      `user:${ann.payer.userId}:%`,
    ]);
    await expect(textOf(call.parts)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect((await ann.settle(call)).billed).toBe(true);
  });
});

describe('settle', () => {
  it.each(['AUTH', 'BAD_REQUEST', 'RATE_LIMITED', 'UNAVAILABLE'] as const)(
    'charges nothing for a request that fails with %s before any data arrives',
    async (code) => {
      const ann = metered.newcomer();
      const call = await ann.open(fails(code));
      await expect(textOf(call.parts)).rejects.toMatchObject({ code });
      expect(await ann.settle(call)).toMatchObject({ costMicros: 0n, billed: false });
      expect(await ann.entries()).toBe(0);
      expect(await ann.today()).toMatchObject({ costMicros: 0n, reservedMicros: 0n });
    },
  );

  it('charges a call once, however often and concurrently it is settled', async () => {
    const ann = metered.newcomer();
    const call = await ann.open(says('a', 100, 50));
    await textOf(call.parts);
    const fenced = ann.database.transact(async (tx) => {
      await call.settle(tx);
      throw new Error('fenced');
    });
    await expect(fenced).rejects.toThrow('fenced');
    expect(await ann.entries()).toBe(0);

    const settlements = await Promise.all([1, 2, 3].map(() => ann.settle(call)));
    expect(settlements.map(({ costMicros }) => costMicros)).toEqual([200n, 200n, 200n]);
    expect(await ann.entries()).toBe(1);
    expect((await ann.today()).costMicros).toBe(200n);
  });

  it('books no more than was reserved of an answer that claims 900 million tokens, and keeps the difference', async () => {
    const ann = metered.newcomer();
    const call = await ann.open(says('Hello.', 900_000_000, 900_000_000));
    const { reservedMicros } = await ann.today();
    await textOf(call.parts);
    const { costMicros, unbookedMicros } = await ann.settle(call);
    expect(costMicros).toBe(reservedMicros);
    expect(costMicros + unbookedMicros).toBe(900_000_000n * 3n);
    const where = { userId: ann.payer.userId };
    expect(await ann.database.prisma.ledgerEntry.findFirst({ where })).toMatchObject({
      costMicros,
      unbookedMicros,
      outputTokens: 1_000,
    });
  });

  it('writes an entry that cannot be changed', async () => {
    const { database } = metered;
    await expect(database.sql('UPDATE ledger_entries SET cost_micros = 0')).rejects.toThrow();
    await expect(database.sql('DELETE FROM ledger_entries')).rejects.toThrow();
  });
});

/** Costs more than the daily limit of FREE. */
const HUGE = { maxOutputTokens: 1_000_000 };
