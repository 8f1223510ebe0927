import type { Tx } from '../../../infra/database.ts';
import { lockUser } from '../members/membership.ts';

/**
 * Revokes a key and all that were created with it, by any number of steps: who had the key may hold those, too. Revoking
 * it again changes nothing. Returns the ids of those that were valid until then.
 */
export async function revokeKey(tx: Tx, { id, userId }: { id: string; userId: string }): Promise<string[]> {
  // Keys are created under this lock: none escapes that is being created with one of these.
  await lockUser(tx, userId);
  const revoked = await tx.sql<{ id: string }>(
    `WITH RECURSIVE family AS (
       SELECT id FROM api_keys WHERE id = $1 AND user_id = $2
       UNION SELECT k.id FROM api_keys k JOIN family f ON k.created_by_key_id = f.id WHERE k.user_id = $2)
     UPDATE api_keys SET revoked_at = now() WHERE id IN (SELECT id FROM family) AND revoked_at IS NULL RETURNING id`,
    [id, userId],
  );
  return revoked.map((key) => key.id);
}

/** Revokes all keys of a user. Call it after a statement that has locked the user's row. */
export async function revokeKeysOf({ sql }: Tx, userId: string): Promise<void> {
  await sql('UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL', [userId]);
}
