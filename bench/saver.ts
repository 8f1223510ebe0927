/** Whether LangGraph's Postgres saver earns a place beside the rows of the steps: time, space, and a kill -9. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts';
import { applyMigrations } from '../src/infra/migrations.ts';
import { TAKE_UP_CALLS, type TakeUpOutcome, type Variant, VARIANTS } from './peers/saver/outcome.ts';
import type { Report, Table } from '../tools/report.ts';
import { median, percentile } from '../tools/statistics.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchSaver({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const title = 'saver: 20 steps in a row with 8 KB of output each, as entrypoint and tasks';
  if (!fs.existsSync(path.join(PEER, 'node_modules'))) {
    return { title, tables: [], notes: ['Skipped. To run it: npm ci --prefix bench/peers/saver'] };
  }
  using folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ folder: folder.path });
  try {
    await applyMigrations(postgres.url);
    const database = new pg.Client({ connectionString: postgres.url });
    await database.connect();
    const trial = new TrialProcesses(postgres.url, database);
    const tables = [await costTable(trial, rounds, quick ? 2 : 20), await takeUpTable(trial)];
    await database.end();
    return { title, tables, notes: NOTES };
  } finally {
    await postgres.stop();
  }
}

async function costTable(trial: TrialProcesses, rounds: number, runs: number): Promise<Table> {
  const found = VARIANTS.map((variant) => ({
    variant,
    alone: [] as number[],
    together: [] as number[],
    sizes: SIZES(),
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { variant, alone, together, sizes } of found) {
      const before = await trial.sizes();
      alone.push(percentile(await trial.measure(variant, runs, 1), 0.5));
      together.push(percentile(await trial.measure(variant, runs, TOGETHER), 0.5) / TOGETHER);
      const after = await trial.sizes();
      sizes.rows.push((after.rows - before.rows) / (2 * runs));
      sizes.saver.push((after.saver - before.saver) / (2 * runs));
    }
  }
  const base = median(found[0]!.alone);
  return {
    columns: [
      'durable by',
      'a step',
      'ratio',
      `a step, ${TOGETHER} runs at once`,
      'tables of ours, a run',
      'of the saver, a run',
    ],
    rows: found.map(({ variant, alone, together, sizes }) => [
      variant,
      `${median(alone).toFixed(2)} ms`,
      `${(median(alone) / base).toFixed(2)} ×`,
      `${median(together).toFixed(2)} ms`,
      `${median(sizes.rows).toFixed(0)} KB`,
      `${median(sizes.saver).toFixed(0)} KB`,
    ]),
  };
}

/** Three runs in three states, for each call with which LangGraph can be asked to go on. */
async function takeUpTable(trial: TrialProcesses): Promise<Table> {
  const rows: string[][] = [];
  for (const variant of ['rows', 'rows and saver'] as const) {
    for (const call of TAKE_UP_CALLS) {
      if (variant === 'rows' && call !== 'input') continue; // without a saver there is nothing else to say
      const fresh = await trial.create('fresh');
      const killed = await trial.create('killed');
      await trial.die(variant, killed);
      const waiting = await trial.create('waiting');
      await trial.wait(variant, waiting);
      await trial.decide(waiting);
      const outcomes = [];
      for (const id of [fresh, killed, waiting])
        outcomes.push(describe(await trial.takeUp(variant, id, call)));
      rows.push([`${variant}: ${CALLS[call]}`, ...outcomes]);
    }
  }
  return {
    columns: ['taken up by', 'a fresh run', 'killed in its 8th step', 'a person was asked before the 10th'],
    rows,
  };
}

/** Each step of the trial in a process of its own, as after a crash. */
class TrialProcesses {
  readonly #databaseUrl: string;
  readonly #database: pg.Client;

  constructor(databaseUrl: string, database: pg.Client) {
    this.#databaseUrl = databaseUrl;
    this.#database = database;
  }

  async create(state: string): Promise<string> {
    const id = `${state}-${randomUUID()}`;
    await this.#database.query(
      `WITH run AS (
         INSERT INTO pipeline_executions (id, tenant_id, owner_id, request, design, estimated_cost_micros)
         VALUES ($1, 'bench', 'bench', '', '{}', 0)
       )
       INSERT INTO step_executions (execution_id, key, position, agent, title)
       SELECT $1, 'step' || lpad(nth::text, 2, '0'), nth, 'CUSTOM', '' FROM generate_series(1, 20) AS nth`,
      [id],
    );
    return id;
  }

  async measure(variant: Variant, runs: number, atOnce: number): Promise<number[]> {
    return (await this.#run('measure', variant, String(runs), String(atOnce))) as number[];
  }

  async die(variant: Variant, id: string): Promise<void> {
    const end = await this.#run('die', variant, id).catch((error: { signal?: string }) => error.signal);
    if (end !== 'SIGKILL') throw new Error(`${id} was not killed`);
  }

  async wait(variant: Variant, id: string): Promise<void> {
    if (await this.#run('wait', variant, id)) throw new Error(`${id} did not wait`);
  }

  async takeUp(variant: Variant, id: string, call: string): Promise<TakeUpOutcome> {
    return (await this.#run('take-up', variant, id, call)) as TakeUpOutcome;
  }

  async decide(id: string): Promise<void> {
    await this.#database.query(
      `INSERT INTO approval_requests (id, tenant_id, execution_id, step_key, timing, status, question, payload)
       VALUES ($1, 'bench', $1, 'step10', 'BEFORE_STEP', 'APPROVED', '', '{}')`,
      [id],
    );
  }

  /** KB of the tables that hold runs: ours and the saver's. */
  async sizes(): Promise<{ rows: number; saver: number }> {
    const { rows } = await this.#database.query<{ ours: boolean; kb: number }>(
      `SELECT relname NOT LIKE 'checkpoint%' AS ours, sum(pg_total_relation_size(oid))::int / 1024 AS kb
       FROM pg_class WHERE relkind = 'r'
         AND relname IN ('step_executions', 'events', 'event_logs', 'checkpoints', 'checkpoint_blobs', 'checkpoint_writes')
       GROUP BY 1`,
    );
    const of = (ours: boolean) => rows.find((row) => row.ours === ours)?.kb ?? 0;
    return { rows: of(true), saver: of(false) };
  }

  async #run(...args: string[]): Promise<unknown> {
    const script = path.join(PEER, 'trial.ts');
    const { stdout } = await run(process.execPath, [script, ...args], {
      env: { PATH: process.env['PATH'], DATABASE_URL: this.#databaseUrl },
      timeout: TRIAL_TIMEOUT_MS,
    });
    return JSON.parse(stdout) as unknown;
  }
}

function describe({ result, executed }: TakeUpOutcome): string {
  return `${result}, ${executed} executed`;
}

const run = promisify(execFile);
const PEER = path.join(import.meta.dirname, 'peers/saver');
const TOGETHER = 20;
const TRIAL_TIMEOUT_MS = 60_000;
const SIZES = () => ({ rows: [] as number[], saver: [] as number[] });
const CALLS = { input: 'invoke(input)', null: 'invoke(null)', resume: 'invoke(Command resume)' };
const NOTES = [
  'Rows: a step ends with one fenced transaction (its row, its event), and a run begins by reading its rows. Saver:',
  'PostgresSaver, durability sync. Taken up by a process of its own; a step that had finished must not be executed again.',
];
