import type { Services } from '../../../kernel/context.ts';
import type { Departure } from '../../../kernel/departure.ts';
import { KEYS_LOG } from './events.ts';

/** Deletes the keys of a user who has left, whoever gets the other objects; with the last member also the tenant's. */
export async function settleLlmKeys(
  { database }: Pick<Services, 'database'>,
  { userId, tenantId }: Departure,
): Promise<boolean> {
  await database.transact(async (tx) => {
    const deleted = await tx.sql(
      `DELETE FROM llm_keys WHERE tenant_id = $1 AND (owner_id = $2 OR owner_id IS NULL AND NOT EXISTS (
         SELECT FROM users WHERE tenant_id = $1 AND removed_at IS NULL)) RETURNING id`,
      [tenantId, userId],
    );
    if (deleted.length > 0) tx.append(KEYS_LOG, { tenantId });
  });
  return true;
}
