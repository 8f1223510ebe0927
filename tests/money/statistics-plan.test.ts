import { describe, expect, it } from 'vitest';
import { USUAL_STEPS } from '../../src/modules/designs/usual-steps.ts';
import { ESTIMATE_ACCURACY } from '../../src/modules/usage/statistics/estimate-accuracy.ts';
import { TENANT_USAGE } from '../../src/modules/usage/statistics/tenant-usage.ts';
import { USAGE_HISTORY } from '../../src/modules/usage/statistics/usage-history.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

describe('statistics and estimates', () => {
  const app = testApp({ config: { role: 'api' } });

  it('read the indexes that were made for them, and of the ledger no row besides, as Postgres plans by itself', async () => {
    await fill();
    const days = ['2026-10-02', '2026-10-31'];
    const ledger = (index: string) => `Index Only Scan using ledger_entries_${index} on ledger_entries`;
    expect(await scans(USAGE_HISTORY, ['t-1', 'u-1', ...days])).toEqual([
      ledger('user_day'),
      'Index Scan using daily_run_counts_pkey on daily_run_counts',
    ]);
    expect(await scans(TENANT_USAGE, ['t-1', ...days])).toContain(ledger('tenant_day'));
    const finished = 'using pipeline_executions_finished on pipeline_executions';
    expect(await scans(ESTIMATE_ACCURACY, ['t-1', ...days])).toEqual([
      `Index Only Scan ${finished}`,
      ledger('execution'),
    ]);
    expect(await scans(USUAL_STEPS, ['t-1', 100, 20, 3])).toEqual([
      `Index Only Scan Backward ${finished}`,
      'Index Scan using step_executions_pkey on step_executions',
      ledger('execution'),
    ]);
  }, 60_000);

  /** How the plan reads tables. */
  async function scans(statement: string, values: unknown[]): Promise<string[]> {
    const plan = await app.services.database.sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, values);
    return plan.flatMap((line) => /\w+ (?:\w+ )*Scan.* on (?!runs|steps)\w+/.exec(line['QUERY PLAN']) ?? []);
  }

  /** Until all rows are marked as visible to everybody: an older snapshot of another connection prevents it. */
  async function vacuum(table: string): Promise<void> {
    const { sql } = app.services.database;
    await eventually(async () => {
      await sql(`VACUUM ANALYZE ${table}`);
      const [size] = await sql('SELECT relpages, relallvisible FROM pg_class WHERE relname = $1', [table]);
      expect(size!['relallvisible']).toBe(size!['relpages']);
    });
  }

  /** 20,000 runs of three steps, each one call, in 20 tenants of ten members, over a hundred days. */
  async function fill(): Promise<void> {
    const { sql } = app.services.database;
    await sql(
      `INSERT INTO pipeline_executions (id, tenant_id, owner_id, status, request, design, estimated_cost_micros, finished_at)
       SELECT 'r-' || n, 't-' || n % 20, 'u-' || n % 200, 'SUCCEEDED', 'It', '{}', 9,
         timestamptz '2026-11-01' - make_interval(days => n % 100)
       FROM generate_series(1, 20000) n`,
    );
    await sql(
      `INSERT INTO step_executions (execution_id, key, position, agent, title, status, provider, model, known_input_tokens, text_tokens, started_at, finished_at)
       SELECT run.id, 's-' || n, n, 'CUSTOM', 'It', 'SUCCEEDED', 'OFFLINE', 'm', 5, 5, finished_at, finished_at
       FROM pipeline_executions run, generate_series(1, 3) n`,
    );
    await sql(
      `INSERT INTO ledger_entries (id, tenant_id, user_id, day, execution_id, step_key, provider, model, input_tokens, output_tokens, cost_micros)
       SELECT gen_random_uuid()::text, tenant_id, owner_id, run.finished_at::date, run.id, step.key, provider, model, 1, 1, 1
       FROM pipeline_executions run JOIN step_executions step ON execution_id = run.id`,
    );
    for (const table of ['pipeline_executions', 'step_executions', 'ledger_entries']) await vacuum(table);
  }
});
