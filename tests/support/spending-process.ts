import pg from 'pg';
import { afterAll, afterEach } from 'vitest';
import { type AccountState, readAccounts } from '../../src/core/spending/holds.ts';
import { SpendingGate, type SpendingGateOptions } from '../../src/core/spending/spending-gate.ts';
import type { Sql } from '../../src/core/sql.ts';
import { testDatabase } from './database.ts';

export const DOLLAR = 1_000_000n;

/** For a file: gates on one database, each with its own connections and timers, like separate processes. */
export function spendingProcesses() {
  const { url } = testDatabase();
  const observer = new pg.Pool({ connectionString: url, max: 1 });
  const processes: SpendingProcess[] = [];
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((process) => process.end()));
  });
  afterAll(() => observer.end());
  return {
    start(options: Partial<SpendingGateOptions> = {}): SpendingProcess {
      const process = startProcess(url, options);
      processes.push(process);
      return process;
    },
    async stateOf(accountId: string): Promise<AccountState> {
      return (await readAccounts(sqlOf(observer), [accountId])).get(accountId)!;
    },
  };
}

export function limitsOf(accountId: string, limitMicros: bigint | null) {
  return [{ accountId, limitMicros }];
}

function startProcess(url: string, options: Partial<SpendingGateOptions>): SpendingProcess {
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  const whenUp =
    (sql: Sql): Sql =>
    (...statement) =>
      process.broken ? Promise.reject(new Error('the database is away')) : sql(...statement);
  const transact: SpendingGateOptions['transact'] = async (work) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(whenUp(sqlOf(client)));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  const errors: unknown[] = [];
  const sql = whenUp(sqlOf(pool));
  const gate = new SpendingGate({ sql, transact, onError: (error) => errors.push(error), ...options });
  const process: SpendingProcess = {
    gate,
    pool,
    sql,
    transact,
    errors,
    broken: false,
    async end() {
      process.broken = false;
      await gate.close();
      await pool.end();
    },
  };
  return process;
}

export function sqlOf(target: pg.Pool | pg.PoolClient): Sql {
  return async <Row>(text: string, params?: readonly unknown[]) =>
    (await target.query(text, params as unknown[])).rows as Row[];
}

export interface SpendingProcess {
  gate: SpendingGate;
  pool: pg.Pool;
  sql: Sql;
  transact: SpendingGateOptions['transact'];
  /** When true, its statements fail as if the database were unreachable. */
  broken: boolean;
  errors: unknown[];
  end(): Promise<void>;
}
