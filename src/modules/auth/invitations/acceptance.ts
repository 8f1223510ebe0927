import { ConflictError } from '../../../errors.ts';
import type { Role } from '../../../generated/prisma/enums.ts';
import type { Tx } from '../../../infra/database.ts';
import { lockTenant } from '../members/membership.ts';
import { hashSecret } from '../secret.ts';
import { HAS_SECRET, IS_OPEN } from './open-invitation.ts';

/**
 * Uses an invitation up, in the transaction that creates the account. Only the secret in the mail proves that its reader
 * has the address: the inviting ADMIN knows the other one.
 * Errors: ConflictError when the invitation is not valid, or its ADMIN is none any more.
 */
export async function acceptInvitation(tx: Tx, secret: string): Promise<Membership> {
  const secretHash = hashSecret(secret);
  const [invitation] = await tx.sql<{ tenantId: string }>(
    `SELECT i.tenant_id AS "tenantId" FROM invitations i WHERE ${HAS_SECRET}`,
    [secretHash],
  );
  // Else the last member could delete the account meanwhile, and leave the new one in a tenant without an ADMIN.
  if (invitation) await lockTenant(tx, invitation.tenantId);
  const [membership] = await tx.sql<Membership>(
    `UPDATE invitations i SET accepted_at = now() FROM users inviter
     WHERE ${HAS_SECRET} AND ${IS_OPEN}
       AND inviter.id = i.invited_by_id AND inviter.role = 'ADMIN' AND inviter.removed_at IS NULL
     RETURNING i.id AS "invitationId", i.tenant_id AS "tenantId", i.role,
       CASE WHEN i.mail_secret_hash = $1 THEN i.email END AS "provenEmail"`,
    [secretHash],
  );
  if (membership) return membership;
  throw new ConflictError(
    'WRONG_STATE',
    'The invitation is not valid: it does not exist, was used or revoked, or has expired. Ask for a new one.',
  );
}

/** Records who has joined, so that their departure can erase the address that was invited. */
export async function recordMember(
  { sql }: Pick<Tx, 'sql'>,
  { invitationId, userId }: { invitationId: string; userId: string },
): Promise<void> {
  await sql('UPDATE invitations SET accepted_by_id = $2 WHERE id = $1', [invitationId, userId]);
}

export interface Membership {
  invitationId: string;
  tenantId: string;
  role: Role;
  /** The address that the secret was mailed to. Null for the secret that the ADMIN received. */
  provenEmail: string | null;
}
