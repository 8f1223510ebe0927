import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';

export const TEMPLATE = 'template_migrated';

/** For a file or a describe: a separate database with the current schema, created before its tests and dropped after. */
export function testDatabase(): { url: string } {
  const server = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  beforeAll(() => execute(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`));
  afterAll(() => execute(server, `DROP DATABASE ${name} WITH (FORCE)`));
  return { url: withDatabaseName(server, name) };
}

export function withDatabaseName(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
