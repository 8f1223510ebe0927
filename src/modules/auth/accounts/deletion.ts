import { z } from 'zod';
import { OPERATOR_TENANT_ID } from '../../../access/permissions.ts';
import { ConflictError, ValidationError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { useCase } from '../../../kernel/use-case.ts';
import { denyTokens } from '../issuers/denied-tokens.ts';
import { depart } from '../members/departures.ts';
import { anotherAdmin, isOnlyAdmin, lockTenant } from '../members/membership.ts';
import { lockAccount } from './lock-account.ts';
import { MAX_PASSWORD_LENGTH } from './passwords.ts';
import { type PasswordScope, provePassword, wrongPassword } from './profile.ts';

export const DELETED_USER_NAME = 'Deleted user';

/**
 * Deletes the viewer's account. Personal data, sessions and keys are gone with the transaction; open runs and replies are
 * cancelled and conversations and runs deleted within a few seconds. The ledger keeps its ids. A token of another issuer
 * that was issued before is denied; a later one makes a new account.
 */
export const deleteAccount = useCase(
  'Mutation.deleteAccount',
  {
    input: z.object({ password: z.string().max(MAX_PASSWORD_LENGTH).nullish() }),
    audit: ['account.deleted', 'account.password-refused'],
  },
  async (ctx: PasswordScope, { password }) => {
    const { viewer, transact, database, record } = ctx;
    const account = await database.prisma.user.findUniqueOrThrow({ where: { id: viewer.userId } });
    if (account.subject === null) {
      if (password == null) throw passwordRequired();
      await provePassword(ctx, account, password);
    }
    await transact(async (tx) => {
      await lockTenant(tx, viewer.tenantId);
      const user = await lockAccount(tx, viewer);
      if (user.passwordHash !== account.passwordHash) throw wrongPassword(); // changed by another request
      const others = await otherMembers(tx, user);
      if (others > 0 && (await isOnlyAdmin(tx, user))) throw tenantWouldBeLeft(user);
      const { id: userId, tenantId } = user;
      const heirId = (await anotherAdmin(tx, user))?.id ?? null;
      await depart(tx, { userId, tenantId, successorId: null, heirId });
      await record(tx, 'account.deleted', { target: { type: 'User', id: userId } });
      await erase(tx, user);
      if (others === 0) await closeTenant(tx, tenantId);
    });
    return { deletedId: viewer.userId };
  },
);

function otherMembers(tx: Tx, { id, tenantId }: User): Promise<number> {
  return tx.prisma.user.count({ where: { tenantId, removedAt: null, NOT: { id } } });
}

/** Nobody is left in the tenant and nobody can join it. Its name is that of a person, but for the operator's. */
async function closeTenant(tx: Tx, tenantId: string): Promise<void> {
  if (tenantId !== OPERATOR_TENANT_ID)
    await tx.prisma.tenant.update({ where: { id: tenantId }, data: { name: DELETED_USER_NAME } });
  await tx.prisma.invitation.deleteMany({ where: { tenantId } });
}

async function erase(tx: Tx, { id, tenantId, subject }: User): Promise<void> {
  await tx.prisma.session.deleteMany({ where: { userId: id } });
  await tx.prisma.apiKey.deleteMany({ where: { userId: id } });
  if (subject !== null) await denyIssued(tx, tenantId, subject);
  await tx.prisma.user.update({
    where: { id },
    data: {
      displayName: DELETED_USER_NAME,
      email: null,
      emailVerifiedAt: null,
      passwordHash: null,
      subject: null,
    },
  });
}

/** Without its subject, the account no longer refuses the tokens that the issuer has given out. */
async function denyIssued(tx: Tx, id: string, subject: string): Promise<void> {
  const { issuer, externalId } = await tx.prisma.tenant.findUniqueOrThrow({ where: { id } });
  await denyTokens(tx, { issuer, subject, tenantId: externalId, issuedBy: null });
}

function tenantWouldBeLeft({ id }: User): ConflictError {
  const message =
    'You are the only ADMIN of a tenant with other members. Make another member ADMIN first, with setUserRole.';
  return new ConflictError('WRONG_STATE', message, { type: 'User', id });
}

function passwordRequired(): ValidationError {
  const message = 'is required to delete an account that has one';
  return new ValidationError([{ code: 'REQUIRED', path: ['password'], message }]);
}
