import pg from 'pg';
import { afterAll } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { testDatabase } from './database.ts';

/** A separate database for a file, with statements in a pool or in transactions that a test keeps open. */
export function testSql(): TestSql {
  const { url } = testDatabase();
  const pool = new pg.Pool({ connectionString: url, max: 40 });
  pool.on('error', () => {}); // the database is dropped while connections are still closing
  afterAll(() => pool.end());
  return {
    sql: sqlOn(pool),
    begin: async () => {
      const client = await pool.connect();
      await client.query('BEGIN');
      const end = async (how: 'COMMIT' | 'ROLLBACK') => {
        await client.query(how);
        client.release();
      };
      return { sql: sqlOn(client), commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') };
    },
  };
}

const sqlOn =
  (connection: pg.Pool | pg.PoolClient): Sql =>
  async <Row>(text: string, params?: readonly unknown[]) =>
    (await connection.query(text, params as unknown[])).rows as Row[];

export interface TestSql {
  sql: Sql;
  begin: () => Promise<{ sql: Sql; commit(): Promise<void>; rollback(): Promise<void> }>;
}
