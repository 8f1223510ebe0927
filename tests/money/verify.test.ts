import { describe, expect, it } from 'vitest';
import { formatLedger, repairCounters, verifyLedger } from '../../src/modules/usage/verify.ts';
import { metering, says, textOf, type Member } from '../support/metering.ts';

const metered = metering();

describe('ledger:verify', () => {
  it('agrees with calls under way, settled and applied, with keys, runs and the server', async () => {
    const ann = metered.newcomer({ executionLimitMicros: 1_000_000n, serverMicros: 1_000_000n });
    await createKey(ann, 'parent', null);
    await createKey(ann, 'child', 'parent');
    for (const apiKeyId of [null, 'child', 'parent']) await spend(ann, apiKeyId);
    await ann.open(says('a', 1, 1));
    const report = await verifyLedger(metered.database);
    expect(report).toMatchObject({ entries: [], counters: [] });
    expect(formatLedger(report)).toEqual([
      `${ann.payer.tenantId} 2026-11-21 3 calls $0.000048 = runs $0.000048 + replies $0.00 (0 estimated; $0.00 above reservations, not booked)`,
    ]);
  });

  it('names and repairs every counter that differs, while calls are settled', async () => {
    const ann = metered.newcomer({ executionLimitMicros: 1_000_000n, serverMicros: 1_000_000n });
    await spend(ann, null);
    await spend(ann, null); // the first one is applied to the counter, this one not yet
    const { sql } = metered.database;
    await sql('UPDATE spending_accounts SET spent_micros = spent_micros + 7');
    const { counters } = await verifyLedger(metered.database);
    const mine = [`run:${ann.payer.executionId}`, `user:${ann.payer.userId}:2026-11-21`];
    expect(counters.map(({ id }) => id)).toEqual(expect.arrayContaining(mine));
    await Promise.all([...Array.from({ length: 20 }, () => spend(ann, null)), repairCounters(sql, counters)]);
    expect((await verifyLedger(metered.database)).counters).toEqual([]);
    expect((await ann.today()).costMicros).toBe(22n * 16n);
  });

  it('counts what was spent before a limit of the server, and a counter that is gone', async () => {
    const { sql } = metered.database;
    await sql("DELETE FROM spending_accounts WHERE id LIKE 'tenant:%' OR id LIKE 'server:%'");
    await sql("DELETE FROM spending_holds WHERE account_id LIKE 'tenant:%' OR account_id LIKE 'server:%'");
    await sql("INSERT INTO spending_accounts (id) VALUES ('server:2026-11-21')");
    const { counters } = await verifyLedger(metered.database);
    expect(counters.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['server:2026-11-21', 'tenant:tenant-1:2026-11-21']),
    );
    await repairCounters(sql, counters);
    expect((await verifyLedger(metered.database)).counters).toEqual([]);
  });

  it('names entries that belong to nothing', async () => {
    const { sql } = metered.database;
    await sql(
      `INSERT INTO ledger_entries (id, tenant_id, user_id, day, provider, model, input_tokens, output_tokens, cost_micros)
       VALUES ('stray', 'tenant-1', 'user-1', '2026-11-21', 'OPENAI', 'round', 1, 1, 0)`,
    );
    const report = await verifyLedger(metered.database);
    expect(report.entries).toEqual(['stray']);
    expect(formatLedger(report)).toContain(
      'BROKEN: entry stray belongs to no step of its run and to no reply',
    );
  });
});

async function spend(member: Member, apiKeyId: string | null): Promise<void> {
  const call = await member.open(says('Hello.', 10, 3), { payer: { ...member.payer, apiKeyId } });
  await textOf(call.parts);
  await member.settle(call);
}

async function createKey(member: Member, id: string, createdByKeyId: string | null): Promise<void> {
  await member.store();
  const { tenantId, userId } = member.payer;
  await member.database.prisma.apiKey.create({
    data: {
      id,
      tenantId,
      userId,
      name: id,
      prefix: id,
      keyHash: id,
      costLimitMicros: 900_000n,
      createdByKeyId,
    },
  });
}
