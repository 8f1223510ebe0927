import type { SettleDeparture } from '../../kernel/departure.ts';

/**
 * Erases the IP addresses of a person who has deleted the account: those of their acts, and of failed sign-ins to it. The
 * entries stay, with their ids. The acts of a removed member keep theirs, because the log is about them.
 */
export const settleAddresses: SettleDeparture = async ({ database }, { userId, tenantId, successorId }) => {
  if (successorId !== null) return true;
  await database.sql(
    `DELETE FROM audit_addresses WHERE entry_id IN (
       SELECT id FROM audit_entries WHERE actor_id = $1
       UNION ALL
       SELECT id FROM audit_entries WHERE tenant_id = $2 AND action = ANY($3) AND target_id = $1)`,
    [userId, tenantId, ABOUT_NOBODY_SIGNED_IN],
  );
  return true;
};

/** Acts without an actor that were probably the person's own. */
const ABOUT_NOBODY_SIGNED_IN = ['session.refused', 'account.reset-requested'];
