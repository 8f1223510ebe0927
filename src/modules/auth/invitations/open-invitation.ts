import type { Database } from '../../../infra/database.ts';
import { hashSecret } from '../secret.ts';

/** Whether a secret is that of an invitation that nobody has used yet. Whether it is accepted is decided later. */
export async function isOpenInvitation({ sql }: Pick<Database, 'sql'>, secret: string): Promise<boolean> {
  const open = await sql(
    `SELECT id FROM invitations WHERE (secret_hash = $1 OR mail_secret_hash = $1)
       AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()`,
    [hashSecret(secret)],
  );
  return open.length > 0;
}
