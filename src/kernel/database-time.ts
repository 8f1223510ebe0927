import type { Sql } from '../core/sql.ts';
import { createContextCache } from './reads/context-cache.ts';

/**
 * The time by the database's clock, with which stored times are compared: those of processes differ. In a transaction:
 * the time of its start.
 */
export async function databaseTime(sql: Sql): Promise<Date> {
  const [row] = await sql<{ now: Date }>('SELECT now()');
  return row!.now;
}

/** The same once for all fields of an answer. */
export const timeOfAnswer = createContextCache(({ database }) => databaseTime(database.sql));
