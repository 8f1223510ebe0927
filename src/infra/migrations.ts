/**
 * Applies the scripts in `prisma/migrations` in the order of their names, each exactly once and in one transaction.
 * Records them in `_prisma_migrations` in the format of Prisma's own command, which cannot run offline.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';

/**
 * Applies pending migrations and returns their names. Safe to call from several processes at once: one applies them,
 * the others wait. Errors: that of the failing statement; its migration is rolled back.
 */
export async function applyMigrations(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    if ((await pending(client)).length === 0) return [];
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(CREATE_HISTORY);
    const names = await pending(client);
    for (const name of names) await apply(client, name);
    return names;
  });
}

/** The names of the migrations that have not been applied. */
export async function pendingMigrations(url: string): Promise<string[]> {
  return withClient(url, pending);
}

/** All migrations, oldest first. */
export function readMigrations(): { name: string; script: string }[] {
  return migrationNames().map((name) => ({ name, script: readScript(name) }));
}

async function apply(client: pg.Client, name: string): Promise<void> {
  const script = readScript(name);
  const checksum = createHash('sha256').update(script).digest('hex');
  await client.query('BEGIN');
  try {
    await client.query(script);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

async function pending(client: pg.Client): Promise<string[]> {
  const { rows: found } = await client.query(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (!found[0].exists) return migrationNames();
  const { rows } = await client.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const applied = new Set(rows.map((row) => row.name));
  return migrationNames().filter((name) => !applied.has(name));
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // a lost connection rejects the statement; an unhandled error event would end the process
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function migrationNames(): string[] {
  return fs
    .readdirSync(MIGRATIONS_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function readScript(name: string): string {
  return fs.readFileSync(path.join(MIGRATIONS_FOLDER, name, 'migration.sql'), 'utf8');
}

export const MIGRATIONS_FOLDER = path.resolve(import.meta.dirname, '../../prisma/migrations');

/** The lock of Prisma's own command, so that the two never run concurrently. */
const MIGRATION_LOCK = 72_707_369;

const CREATE_HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;
