/** What the statistics of the last 365 days, and an estimate, cost as the ledger grows: the plan of each, and its time. */
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts';
import { applyMigrations } from '../src/infra/migrations.ts';
import { USUAL_STEPS } from '../src/modules/designs/usual-steps.ts';
import { ESTIMATE_ACCURACY } from '../src/modules/usage/statistics/estimate-accuracy.ts';
import { TENANT_USAGE } from '../src/modules/usage/statistics/tenant-usage.ts';
import { USAGE_HISTORY } from '../src/modules/usage/statistics/usage-history.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import type { Goal, Report } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';

export async function benchStatistics({
  rounds,
  quick,
}: {
  rounds: number;
  quick: boolean;
}): Promise<Report> {
  using folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ folder: folder.path });
  try {
    await applyMigrations(postgres.url);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    try {
      const found: Size[] = [];
      for (const entries of quick ? SIZES.slice(0, 1) : SIZES)
        found.push(await measure(client, entries, rounds));
      return reportOf(found);
    } finally {
      await client.end();
    }
  } finally {
    await postgres.stop();
  }
}

async function measure(client: pg.Client, entries: number, rounds: number): Promise<Size> {
  await client.query(ADD_RUNS, [entries / STEPS_PER_RUN]);
  await client.query(ADD_STEPS);
  await client.query(ADD_ENTRIES);
  await client.query('VACUUM ANALYZE');
  const results = [];
  for (const { name, statement, values } of STATISTICS) {
    const runs: Plan[] = [];
    for (let round = 0; round < rounds; round++) {
      const { rows } = await client.query<{ 'QUERY PLAN': [Explained] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
        values,
      );
      const { Plan: plan, 'Execution Time': ms } = rows[0]!['QUERY PLAN'][0];
      runs.push({ ...scanOf(plan)!, ms });
    }
    results.push({ name, ...runs[0]!, ms: median(runs.map(({ ms }) => ms)) });
  }
  return { entries, results };
}

/** How the plan reads the ledger. */
function scanOf(plan: PlanNode): Omit<Plan, 'ms'> | null {
  if (plan['Relation Name'] === 'ledger_entries')
    return {
      kind: plan['Node Type'],
      read: plan['Actual Rows'] * plan['Actual Loops'],
      fetched: plan['Heap Fetches'] ?? null,
    };
  return (plan.Plans ?? []).reduce<Omit<Plan, 'ms'> | null>((scan, child) => scan ?? scanOf(child), null);
}

function reportOf(found: Size[]): Report {
  const rows = found.flatMap(({ entries, results }, size) =>
    results.map(({ name, kind, read, fetched, ms }, index) => {
      const before = found[size - 1]?.results[index];
      return [
        String(entries),
        name,
        kind,
        String(read),
        fetched === null ? '' : String(fetched),
        `${ms.toFixed(1)} ms`,
        before ? `${(ms / before.ms).toFixed(1)} ×` : '',
      ];
    }),
  );
  return {
    title: 'statistics: the last 365 days, as the ledger grows',
    tables: [
      { columns: ['entries', 'list', 'plan', 'entries read', 'of the table', 'time', 'growth'], rows },
    ],
    notes: [
      'Runs of 4 steps in 50 tenants of 20 members, with 4 models, over two years; after VACUUM. Medians.',
    ],
    goals: goalsFor(found.at(-1)!),
  };
}

function goalsFor({ entries, results }: Size): Goal[] {
  return results.map(({ name, kind, fetched }) => ({
    what: `statistics: plan of ${name} with ${entries} entries`,
    goal: 'Index Only Scan, nothing read of the table',
    measured: `${kind}, ${fetched ?? 'all'} read of the table`,
    met: kind === 'Index Only Scan' && fetched === 0,
  }));
}

const SIZES = [10_000, 100_000, 1_000_000];
const TODAY = '2026-11-28';
const FIRST_DAY = '2025-11-29';
const STEPS_PER_RUN = 4;

/** $1: the number of runs that there are then. */
const ADD_RUNS = `
  INSERT INTO pipeline_executions (id, tenant_id, owner_id, api_key_id, status, request, design, estimated_cost_micros, finished_at)
  SELECT 'run-' || n, 'tenant-' || member % 50, 'user-' || member, CASE WHEN n % 3 = 0 THEN 'key-' || member END,
    'SUCCEEDED', 'It', '{}', 1 + n % 9000, timestamptz '${TODAY} 12:00:00Z' - random() * interval '730 days'
  FROM generate_series((SELECT count(*)::int + 1 FROM pipeline_executions), $1::int) n,
    LATERAL (SELECT (n % 1000 * 7919) % 1000 AS member) who`;

/** The steps and entries of runs that have none. */
const ADD_STEPS = `
  INSERT INTO step_executions (execution_id, key, position, agent, title, status, provider, model, known_input_tokens, text_tokens, started_at, finished_at)
  SELECT run.id, 'step-' || n, n, 'CUSTOM', 'It', 'SUCCEEDED', 'OFFLINE', 'model-' || n, 900, 700,
    finished_at - interval '9 s', finished_at
  FROM pipeline_executions run, generate_series(1, ${STEPS_PER_RUN}) n
  ON CONFLICT DO NOTHING`;

const ADD_ENTRIES = `
  INSERT INTO ledger_entries (id, tenant_id, user_id, api_key_id, execution_id, step_key, day, provider, model, input_tokens, output_tokens, cost_micros)
  SELECT run.id || step.key, tenant_id, owner_id, api_key_id, run.id, step.key, run.finished_at::date, provider, model,
    1 + estimated_cost_micros % 900, 1 + estimated_cost_micros % 700, 1 + estimated_cost_micros % 5000
  FROM pipeline_executions run JOIN step_executions step ON execution_id = run.id
  ON CONFLICT DO NOTHING`;

const STATISTICS = [
  { name: 'usageHistory', statement: USAGE_HISTORY, values: ['tenant-1', 'user-1', FIRST_DAY, TODAY] },
  { name: 'tenantUsage', statement: TENANT_USAGE, values: ['tenant-1', FIRST_DAY, TODAY] },
  { name: 'estimateAccuracy', statement: ESTIMATE_ACCURACY, values: ['tenant-1', FIRST_DAY, TODAY] },
  { name: 'an estimate', statement: USUAL_STEPS, values: ['tenant-1', 100, 20, 3] },
];

interface Size {
  entries: number;
  results: (Plan & { name: string })[];
}

interface Plan {
  kind: string;
  /** Entries that the scan gave. */
  read: number;
  /** Rows of the table that were read besides the index. Null: another kind of scan. */
  fetched: number | null;
  ms: number;
}

interface Explained {
  Plan: PlanNode;
  'Execution Time': number;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Heap Fetches'?: number;
  Plans?: PlanNode[];
}
