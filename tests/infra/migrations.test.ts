import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { applyMigrations, pendingMigrations } from '../../src/infra/migrations.ts';
import { searchable } from '../../src/modules/templates/search.ts';
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

  it('rewrite the stored texts that templates are searched by', async () => {
    const invisible = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
      .filter((character) => /\p{Default_Ignorable_Code_Point}/u.test(character));
    const text = `Το ταξίδι του Μαΐου ᾧ, café 한국 İ ${invisible.join('x')} a\u0301\u200c\u0323`;
    const before = text.normalize('NFKD').toLowerCase().toUpperCase().replaceAll('\u0307', '');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(
        `INSERT INTO pipeline_templates (id, tenant_id, name, description, design, search_text)
         VALUES ('searched', 't', '', '', '{}', $1)`,
        [before],
      );
      await client.query(await readFile(SEARCH_MIGRATION, 'utf8'));
      const { rows } = await client.query(
        `DELETE FROM pipeline_templates WHERE id = 'searched' RETURNING search_text`,
      );
      expect(rows).toEqual([{ search_text: searchable(text) }]);
    } finally {
      await client.end();
    }
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

const SEARCH_MIGRATION = 'prisma/migrations/20261128080000_template_search/migration.sql';
const UNIQUE_VIOLATION = '23505';
const RESTRICT_VIOLATION = '23001';
