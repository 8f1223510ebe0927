import { describe, expect, it } from 'vitest';
import { TENANT_USAGE } from '../../src/modules/usage/statistics/tenant-usage.ts';
import { USAGE_HISTORY } from '../../src/modules/usage/statistics/usage-history.ts';
import { testApp } from '../support/app.ts';

describe('the statistics of the ledger', () => {
  const app = testApp();

  it('read one index and no row of the table', async () => {
    const { database } = app.services;
    await database.sql(
      `INSERT INTO ledger_entries (id, tenant_id, user_id, day, provider, model, input_tokens, output_tokens, cost_micros)
       SELECT n::text, 'tenant-' || n % 5, 'user-' || n % 50, date '2026-11-01' - n % 100, 'OFFLINE', 'm', 1, 1, 1
       FROM generate_series(1, 5000) n`,
    );
    await database.sql('VACUUM ANALYZE ledger_entries');
    const days = ['2026-10-01', '2026-10-30'];
    const statements: [string, unknown[]][] = [
      [USAGE_HISTORY, ['tenant-1', 'user-1', ...days]],
      [TENANT_USAGE, ['tenant-1', ...days]],
    ];
    for (const [statement, values] of statements) {
      const plan = await database.transact(async ({ sql }) => {
        await sql('SET LOCAL enable_seqscan = off');
        await sql('SET LOCAL enable_bitmapscan = off');
        return sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, values);
      });
      const scans = plan
        .map((line) => line['QUERY PLAN'])
        .filter((line) => / on ledger_entries\b/.test(line));
      expect(scans).toEqual([expect.stringContaining('Index Only Scan using ledger_entries_')]);
    }
  });
});
