import type { Database } from '../../../infra/database.ts';
import { hashSecret } from '../secret.ts';

/** Whether a secret is that of an invitation that nobody has used yet. Whether it is accepted is decided later. */
export async function isOpenInvitation({ sql }: Pick<Database, 'sql'>, secret: string): Promise<boolean> {
  const open = await sql(`SELECT 1 FROM invitations i WHERE ${HAS_SECRET} AND ${IS_OPEN}`, [
    hashSecret(secret),
  ]);
  return open.length > 0;
}

/** SQL conditions on the invitation `i`. The secret's hash is the first argument. */
export const HAS_SECRET = '(i.secret_hash = $1 OR i.mail_secret_hash = $1)';
export const IS_OPEN = 'i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()';
