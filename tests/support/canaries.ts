import { expect } from 'vitest';
import type { TestApp } from './app.ts';

/** The tables, and the log, that contain one of these secrets. */
export async function placesOf(app: TestApp, secrets: readonly string[]): Promise<string[]> {
  expect(secrets.every((secret) => secret.length > 10)).toBe(true);
  const { sql } = app.services.database;
  const tables = await sql<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const places: string[] = [];
  for (const secret of secrets) {
    for (const { name } of tables) {
      const found = await sql(`SELECT 1 FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [secret]);
      if (found.length > 0) places.push(name);
    }
    if (app.logs.some((line) => line.includes(secret))) places.push('log');
  }
  return places;
}
