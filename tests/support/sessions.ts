import type { TestApp } from './app.ts';

/** Lets time pass for all sessions of the app: their times are compared with the database's clock. */
export async function ageSessions({ services }: TestApp, seconds: number): Promise<void> {
  const { sql } = services.database;
  const earlier = (...columns: string[]) =>
    columns.map((column) => `${column} = ${column} - $1 * interval '1 second'`).join(', ');
  await sql(`UPDATE sessions SET ${earlier('created_at', 'last_used_at', 'expires_at')}`, [seconds]);
  await sql(`UPDATE refresh_tokens SET ${earlier('created_at', 'expires_at', 'spent_at')}`, [seconds]);
}
