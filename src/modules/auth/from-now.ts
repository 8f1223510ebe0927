import type { Sql } from '../../core/sql.ts';

/** A time from now on, by the database's clock. */
export async function fromNow(sql: Sql, interval: '1 hour' | '7 days'): Promise<Date> {
  const [row] = await sql<{ at: Date }>('SELECT now() + $1::interval AS at', [interval]);
  return row!.at;
}
