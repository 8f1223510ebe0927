import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { applyMigrations, pendingMigrations } from '../../src/infra/migrations.ts';
import { migrationDrift } from '../../tools/migration-diff.ts';
import { testDatabase, withDatabaseName } from '../support/database.ts';

describe('applyMigrations', () => {
  it('applies each migration once when several processes deploy at once', async () => {
    const url = await emptyDatabase('deploy_at_once');
    const pending = await pendingMigrations(url);
    expect(pending.length).toBeGreaterThan(0);
    const applied = await Promise.all(Array.from({ length: 4 }, () => applyMigrations(url)));
    expect(applied.flat().sort()).toEqual(pending);
    expect(await pendingMigrations(url)).toEqual([]);
    await dropDatabase('deploy_at_once');
  });

  it('does nothing when all are applied', async () => {
    const { rows } = await query(database.url, 'SELECT count(*)::int AS applied FROM _prisma_migrations');
    expect(await applyMigrations(database.url)).toEqual([]);
    expect(
      (await query(database.url, 'SELECT count(*)::int AS applied FROM _prisma_migrations')).rows,
    ).toEqual(rows);
  });
});

describe('the migrations', () => {
  it('result in the schema of schema.prisma', async () => {
    expect(await migrationDrift(inject('postgresUrl'))).toBeNull();
  });

  it('allow one streaming message and one open run per conversation', async () => {
    await query(
      database.url,
      `INSERT INTO conversations (id, tenant_id, owner_id, title, updated_at) VALUES ('c', 't', 'o', '', now())`,
    );
    const message = (position: number) =>
      query(
        database.url,
        `INSERT INTO messages (id, tenant_id, conversation_id, position, role, status)
         VALUES (gen_random_uuid(), 't', 'c', ${position}, 'ASSISTANT', 'STREAMING')`,
      );
    const run = (status: string) =>
      query(
        database.url,
        `INSERT INTO pipeline_executions (id, tenant_id, owner_id, conversation_id, status, request, design, estimated_cost_micros)
         VALUES (gen_random_uuid(), 't', 'o', 'c', '${status}', '', '{}', 0)`,
      );
    await message(1);
    await expect(message(2)).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
    await run('SUCCEEDED');
    await run('WAITING_FOR_APPROVAL');
    await expect(run('QUEUED')).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
  });

  it('reject changes and deletions in the ledger', async () => {
    await query(
      database.url,
      `INSERT INTO ledger_entries (id, tenant_id, user_id, day, provider, model, input_tokens, output_tokens, cost_micros)
       VALUES ('r', 't', 'u', current_date, 'OFFLINE', 'm', 1, 1, 1)`,
    );
    for (const change of [
      'UPDATE ledger_entries SET cost_micros = 0',
      'DELETE FROM ledger_entries',
      'TRUNCATE ledger_entries',
    ]) {
      await expect(query(database.url, change)).rejects.toMatchObject({ code: RESTRICT_VIOLATION });
    }
  });
});

const database = testDatabase();

async function emptyDatabase(name: string): Promise<string> {
  await query(inject('postgresUrl'), `CREATE DATABASE ${name}`);
  return withDatabaseName(inject('postgresUrl'), name);
}

const dropDatabase = (name: string) => query(inject('postgresUrl'), `DROP DATABASE ${name} WITH (FORCE)`);

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

const UNIQUE_VIOLATION = '23505';
const RESTRICT_VIOLATION = '23001';
