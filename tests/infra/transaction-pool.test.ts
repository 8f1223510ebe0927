import { afterAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { TransactionPool } from '../../src/infra/transaction-pool.ts';
import { testDatabase } from '../support/database.ts';

describe('TransactionPool.withSharedClient', () => {
  const { url } = testDatabase();
  const pools: TransactionPool[] = [];
  const openPool = () => {
    const pool = new TransactionPool({ connectionString: url, max: 4 });
    pools.push(pool);
    return pool;
  };
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  it('runs raw statements on the connection acquired within it, before the commit', async () => {
    const pool = openPool();
    await pool.withSharedClient(async (sql) => {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('CREATE TABLE drafts (id int)');
      await sql('INSERT INTO drafts VALUES (1)');
      expect((await client.query('SELECT id FROM drafts')).rows).toEqual([{ id: 1 }]);
      await client.query('ROLLBACK');
      client.release();
    });
    expect((await pool.query(`SELECT to_regclass('drafts') AS drafts`)).rows).toEqual([{ drafts: null }]);
  });

  it('rejects raw statements before the connection is acquired and after it is released', async () => {
    const pool = openPool();
    await pool.withSharedClient(async (sql) => {
      await expect(sql('SELECT 1')).rejects.toThrow('the transaction has not started or has ended');
      const client = await pool.connect();
      client.release();
      await expect(sql('SELECT 1')).rejects.toThrow('the transaction has not started or has ended');
    });
  });

  it('separates concurrent transactions', async () => {
    const pool = openPool();
    const processIds = await Promise.all(
      [1, 2, 3].map(() =>
        pool.withSharedClient(async (sql) => {
          const client = await pool.connect();
          const own = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
          const shared = await processIdOf(sql);
          client.release();
          expect(shared).toBe(own);
          return own;
        }),
      ),
    );
    expect(new Set(processIds).size).toBe(3);
  });

  it('keeps the first connection when another one is acquired within it', async () => {
    const pool = openPool();
    await pool.withSharedClient(async (sql) => {
      const first = await pool.connect();
      const pid = await processIdOf(sql);
      const second = await pool.connect();
      await pool.query('SELECT 1');
      expect(await processIdOf(sql)).toBe(pid);
      second.release();
      expect(await processIdOf(sql)).toBe(pid);
      first.release();
    });
  });

  it('survives a connection that breaks without a listener', async () => {
    const pool = openPool();
    pool.on('error', () => {});
    const client = await pool.connect();
    const { pid } = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number };
    await pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

async function processIdOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return row!.pid;
}
