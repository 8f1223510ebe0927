import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { applyMigrations } from '../../src/infra/migrations.ts';
import { TEMPLATE, withDatabaseName } from './database.ts';
import { findRedis, startRedis } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string | null;
  }
}

/**
 * One Postgres with one migrated template, and one Redis, for the whole test run. The first project that needs them
 * starts them and provides their addresses to all. Both are stopped at the end of the run.
 */
export default async function setup({ vitest }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const run = vitest.getRootProject();
  if ('postgresUrl' in run.getProvidedContext()) return undefined;
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-tests-'));
  const postgres = await startEmbeddedPostgres({ folder, settings: TEST_SETTINGS });
  await createTemplate(postgres.url);
  run.provide('postgresUrl', postgres.url);
  const redis = process.env['REDIS_URL'] ? null : await startOwnRedis();
  run.provide('redisUrl', process.env['REDIS_URL'] ?? redis?.url ?? null);
  return async () => {
    await redis?.stop();
    await postgres.stop();
    await fs.rm(folder, { recursive: true });
  };
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  await applyMigrations(withDatabaseName(url, TEMPLATE));
}

async function startOwnRedis() {
  if (findRedis()) return startRedis();
  console.warn(
    'Skipped: the tests that need Redis. Set REDIS_URL, or install redis-server (apt-get install redis-server).',
  );
  return null;
}

/** Durability is off, because no test of this server needs it; the tests of the embedded server start their own. */
const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
};
