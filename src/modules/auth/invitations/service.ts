import { z } from 'zod';
import { changeable } from '../../../access/visibility.ts';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import { Role, type User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Context, Services } from '../../../kernel/context.ts';
import { rowId } from '../../../kernel/input.ts';
import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { emailAddress } from '../accounts/account.ts';
import { fromNow } from '../from-now.ts';
import { lockMembers } from '../members/membership.ts';
import { hashSecret, newSecret } from '../secret.ts';
import { IS_OPEN } from './open-invitation.ts';

export const MAX_OPEN_INVITATIONS = 100;

/**
 * Invites an address to the viewer's tenant. Two secrets accept the invitation: the returned one, and one that only the
 * mail holds. An earlier open invitation of the same address is revoked.
 */
export const inviteUser = useCase(
  'Mutation.inviteUser',
  { input: z.object({ email: emailAddress, role: z.enum(Role) }), audit: ['invitation.created'] },
  async (ctx: InvitingScope, { email, role }) => {
    const { viewer, transact, settings, accountMail, throttle, client } = ctx;
    if (settings.registration === 'closed') throw registrationClosed();
    await throttle.take('INVITATION', { account: email, address: client.address });
    const secret = newSecret();
    const mailSecret = accountMail.isDelivered ? newSecret() : null;
    const { invitation, inviter } = await transact(async (tx) => {
      const { tenantId, userId } = viewer;
      await lockMembers(tx, viewer);
      const inviter = await invitingAdmin(tx, userId, settings);
      await checkNoMember(tx, tenantId, email);
      await revokeOpen(tx, { tenantId, email });
      await checkOpenInvitations(tx, tenantId);
      const invitation = await tx.prisma.invitation.create({
        data: {
          tenantId,
          email,
          role,
          invitedById: userId,
          secretHash: hashSecret(secret),
          mailSecretHash: mailSecret && hashSecret(mailSecret),
          expiresAt: await fromNow(tx.sql, '7 days'),
        },
      });
      const target = { type: 'Invitation', id: invitation.id } as const;
      await ctx.record(tx, 'invitation.created', { target, detail: { role } });
      return { invitation, inviter };
    });
    const invitedBy = inviter.emailVerifiedAt ? inviter.email : null;
    if (mailSecret) accountMail.invitation(email, { secret: mailSecret, invitedBy });
    return { invitation, secret };
  },
);

/** Revokes an open invitation. Revoking it again changes nothing. */
export const revokeInvitation = useCase(
  'Mutation.revokeInvitation',
  { input: z.object({ invitationId: rowId }), audit: ['invitation.revoked'] },
  async ({ viewer, transact, record }: Scope, { invitationId: id }) => {
    const invitation = await transact(async (tx) => {
      const revoked = await revokeOpen(tx, { tenantId: viewer.tenantId, id });
      if (revoked > 0) await record(tx, 'invitation.revoked', { target: { type: 'Invitation', id } });
      return tx.prisma.invitation.findFirst({ where: { id, ...changeable('Invitation', viewer) } });
    });
    if (!invitation) throw new NotFoundError('The invitation');
    if (invitation.acceptedAt) {
      const message = 'The invitation has been accepted. To undo that, remove the member.';
      throw new ConflictError('WRONG_STATE', message, { type: 'Invitation', id });
    }
    return { invitation };
  },
);

/** Returns how many were open. */
async function revokeOpen(
  { sql }: Tx,
  { tenantId, id = null, email = null }: { tenantId: string; id?: string | null; email?: string | null },
): Promise<number> {
  const revoked = await sql(
    `UPDATE invitations SET revoked_at = now()
     WHERE tenant_id = $1 AND (id = $2 OR email = $3) AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id`,
    [tenantId, id, email],
  );
  return revoked.length;
}

/** Errors: ConflictError for users of another issuer, and while the ADMIN's own address has to be verified. */
async function invitingAdmin(tx: Tx, id: string, settings: Services['settings']): Promise<User> {
  const inviter = await tx.prisma.user.findUniqueOrThrow({ where: { id } });
  if (inviter.subject !== null) {
    throw new ConflictError(
      'WRONG_STATE',
      'The members of your organization are managed by its identity provider.',
    );
  }
  if (settings.requiresVerifiedEmail && !inviter.emailVerifiedAt) {
    throw new ConflictError('WRONG_STATE', 'Verify your own e-mail address before you invite others.');
  }
  return inviter;
}

async function checkNoMember(tx: Tx, tenantId: string, email: string): Promise<void> {
  const member = await tx.prisma.user.findFirst({ where: { tenantId, email, removedAt: null } });
  if (!member) return;
  const message = 'A member of your organization has this e-mail address already.';
  throw new ConflictError('TAKEN', message, { type: 'User', id: member.id });
}

async function checkOpenInvitations({ sql }: Tx, tenantId: string): Promise<void> {
  const [open] = await sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM invitations i WHERE i.tenant_id = $1 AND ${IS_OPEN}`,
    [tenantId],
  );
  if (open!.count < MAX_OPEN_INVITATIONS) return;
  const message = `At most ${MAX_OPEN_INVITATIONS} invitations can be open. Revoke some of them first.`;
  throw new ConflictError('WRONG_STATE', message);
}

function registrationClosed(): ConflictError {
  const message = 'Registration on this server is closed, also for invited people. The operator can open it.';
  return new ConflictError('WRONG_STATE', message);
}

type InvitingScope = Scope &
  Pick<Services, 'settings' | 'accountMail' | 'throttle'> &
  Pick<Context, 'client'>;
