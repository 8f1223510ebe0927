import { describe, expect, it } from 'vitest';
import { bookAbandonedCalls, bookForgottenCalls } from '../../src/modules/usage/open-calls.ts';
import type { MeteredCall } from '../../src/modules/usage/metered-call.ts';
import { babbles, fails, type Member, metering, says, textOf } from '../support/metering.ts';

const metered = metering();

describe('a call that its worker has left behind', () => {
  it('is booked once, estimated, from the text that the log holds', async () => {
    const ann = metered.newcomer();
    await leave(await ann.open(babbles('word '.repeat(20), 100), { attempt: 2 }));
    const asked: unknown[] = [];
    const book = () =>
      bookAbandonedCalls(ann, ann.payer, async ({ stepKey, attempt }) => {
        asked.push([stepKey, attempt]);
        return 'word '.repeat(20);
      });
    await Promise.all([book(), book(), book()]);
    await book();

    expect(asked[0]).toEqual(['report', 2]);
    const { executionId } = ann.payer;
    expect(await ann.database.prisma.ledgerEntry.findMany({ where: { executionId } })).toMatchObject([
      { estimated: true, outputTokens: 21, stepKey: 'report', provider: 'OPENAI', model: 'round' },
    ]);
    const { costMicros, reservedMicros } = await ann.today();
    expect(costMicros).toBeGreaterThan(40n);
    expect(reservedMicros).toBe(0n);
    expect(await openCalls(ann)).toBe(0);
  });

  it('never costs more than was reserved, however much the log holds', async () => {
    const ann = metered.newcomer();
    await leave(await ann.open(babbles('word ', 100), { attempt: 1, maxOutputTokens: 300 }));
    const { reservedMicros } = await ann.today();
    await bookAbandonedCalls(ann, ann.payer, async () => 'word '.repeat(5_000));
    expect((await ann.today()).costMicros).toBeLessThanOrEqual(reservedMicros);
  });

  it('is not booked again when its worker comes back and settles it', async () => {
    const ann = metered.newcomer();
    const call = await ann.open(babbles('word ', 100), { attempt: 1 });
    await leave(call);
    await bookAbandonedCalls(ann, ann.payer, async () => 'word');
    const { costMicros } = await ann.today();
    await call.charge();
    expect(await ann.entries()).toBe(1);
    expect((await ann.today()).costMicros).toBe(costMicros);
  });

  it('is left alone when its worker has settled it', async () => {
    const ann = metered.newcomer();
    const call = await ann.open(says('a', 10, 3), { attempt: 1 });
    await textOf(call.parts);
    await ann.settle(call);
    expect(await openCalls(ann)).toBe(0);
    await bookAbandonedCalls(ann, ann.payer, async () => 'word '.repeat(100));
    expect((await ann.today()).costMicros).toBe(16n);
  });

  it('is none when it was refused, or was never sent', async () => {
    const ann = metered.newcomer();
    const refused = await ann.open(fails('AUTH'));
    await expect(textOf(refused.parts)).rejects.toThrow();
    await ann.settle(refused);
    await ann.open(says('a', 1, 1));
    expect(await openCalls(ann)).toBe(0);
  });
});

describe('a call whose run nobody takes up', () => {
  it('is booked after 15 minutes, unless it is under way', async () => {
    const ann = metered.newcomer();
    await leave(await ann.open(babbles('word ', 100)));
    const age = (minutes: number) =>
      ann.database.sql("UPDATE open_calls SET sent_at = now() - $1::int * interval '1 minute'", [minutes]);
    await age(14);
    await bookForgottenCalls(ann);
    expect(await ann.entries()).toBe(0);
    await age(16);
    await bookForgottenCalls(ann); // its hold is live
    expect(await ann.entries()).toBe(0);
    await ann.database.sql('UPDATE spending_holds SET expires_at = now()');
    await bookForgottenCalls(ann);
    expect(await ann.entries()).toBe(1);
    expect(await openCalls(ann)).toBe(0);
  });
});

describe('a call that the database cannot book', () => {
  it.each([
    ['is read-only', 'read_only_sql_transaction'],
    ['cancels the statement', 'query_canceled'],
    ['does not get a lock in time', 'lock_not_available'],
  ])('because it %s: 503, and the booking is made good later', async (_what, condition) => {
    const ann = metered.newcomer();
    const call = await ann.open(says('word', 10, 5), { attempt: 1 });
    await textOf(call.parts);
    await refuseEntries(ann, condition);
    await expect(ann.settle(call)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await ann.entries()).toBe(0);
    const charged = call.charge();
    await ann.database.sql('DROP TRIGGER refuse ON ledger_entries');
    await charged;
    expect(await ann.entries()).toBe(1);
    expect((await ann.today()).costMicros).toBe(20n);
  });
});

/** As if its process had died after the first part of the answer. */
async function leave(call: MeteredCall): Promise<void> {
  for await (const part of call.parts) if (part.type === 'text') break;
}

async function openCalls({ database, payer: { userId } }: Member): Promise<number> {
  return database.prisma.openCall.count({ where: { userId } });
}

async function refuseEntries({ database }: Member, condition: string): Promise<void> {
  await database.sql(
    `CREATE OR REPLACE FUNCTION refuse_entry() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE ${condition}; END $$`,
  );
  await database.sql(
    'CREATE TRIGGER refuse BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_entry()',
  );
}
