import type pg from 'pg';
import { claim, release } from '../../../src/core/claims/claims.ts';
import { PostgresEventLog } from '../../../src/core/event-log/event-log-postgres.ts';

/** The rows of a run's steps as the product keeps them: finishing one is one fenced transaction with its event. */
export class StepRows {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async create(id: string, keys: readonly string[]): Promise<void> {
    await this.#pool.query(
      `INSERT INTO pipeline_executions (id, tenant_id, owner_id, request, design, estimated_cost_micros)
       VALUES ($1, 'bench', 'bench', '', '{}', 0)`,
      [id],
    );
    await this.#pool.query(
      `INSERT INTO step_executions (execution_id, key, position, agent, title)
       SELECT $1, key, 0, 'CUSTOM', key FROM unnest($2::text[]) AS key`,
      [id, keys],
    );
  }

  /** Takes the run over from whoever had it; gives the fence. */
  async claim(id: string): Promise<number> {
    const sql = sqlOf(this.#pool);
    const holder = String(process.pid);
    const taken = await claim(sql, id, holder, 1);
    await release(sql, id, holder);
    if (!taken) throw new Error(`${id} is claimed`);
    return taken.fence;
  }

  async read(id: string): Promise<Map<string, string>> {
    const { rows } = await this.#pool.query<{ key: string; output: string }>(
      `SELECT key, output FROM step_executions WHERE execution_id = $1 AND status = 'SUCCEEDED'`,
      [id],
    );
    return new Map(rows.map(({ key, output }) => [key, output]));
  }

  async finish(id: string, key: string, output: string, fence: number): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `UPDATE step_executions SET status = 'SUCCEEDED', output = $3, finished_at = now()
         WHERE execution_id = $1 AND key = $2`,
        [id, key, output],
      );
      await new PostgresEventLog(sqlOf(client)).append([
        { logId: id, fence, events: [{ type: 'StepStatus', key }] },
      ]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }

  async isDecided(id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query('SELECT FROM approval_requests WHERE execution_id = $1', [
      id,
    ]);
    return rowCount === 1;
  }
}

function sqlOf(connection: pg.Pool | pg.PoolClient) {
  return async <Row>(text: string, params?: readonly unknown[]) =>
    (await connection.query(text, params as unknown[])).rows as Row[];
}
