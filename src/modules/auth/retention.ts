import type { Database } from '../../infra/database.ts';

/** Deletes what nobody can use any more: sessions with their refresh tokens, links and invitations. */
export async function deleteExpiredAccess({ database }: { database: Pick<Database, 'sql'> }): Promise<void> {
  const isOld = (time: string) => `${time} < now() - interval '30 days'`;
  await database.sql(`DELETE FROM sessions WHERE ${isOld('COALESCE(ended_at, expires_at)')}`);
  await database.sql(`DELETE FROM account_links WHERE ${isOld('expires_at')}`);
  await database.sql(
    `DELETE FROM invitations WHERE ${isOld('COALESCE(accepted_at, revoked_at, expires_at)')}`,
  );
}
