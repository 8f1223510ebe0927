import { z } from 'zod';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import { Plan, Role } from '../../../generated/prisma/enums.ts';
import { rowId } from '../../../kernel/input.ts';
import { useCase } from '../../../kernel/use-case.ts';
import { revokeKeysOf } from '../api-keys/revocation.ts';
import { endSessions } from '../sessions/sessions.ts';
import { depart } from './departures.ts';
import { isOnlyAdmin, lockMembers, lockUser, memberOf } from './membership.ts';

/** Sets the role of a member. It takes effect on requests at once and on live connections within a second. */
export const setUserRole = useCase(
  'Mutation.setUserRole',
  { input: z.object({ userId: rowId, role: z.enum(Role) }), audit: ['user.role-changed'] },
  ({ viewer, transact, record }, { userId: id, role }) =>
    transact(async (tx) => {
      await lockMembers(tx, viewer);
      const member = await memberOf(tx, viewer.tenantId, id);
      if (member.role === role) return { user: member };
      if (member.subject !== null) {
        const message = 'The role of this user is set by their identity provider. Change it there.';
        throw new ConflictError('WRONG_STATE', message, { type: 'User', id });
      }
      if (await isOnlyAdmin(tx, member)) {
        const message = 'This is the only ADMIN of the tenant. Make another member ADMIN first.';
        throw new ConflictError('WRONG_STATE', message, { type: 'User', id });
      }
      const detail = { from: member.role, to: role };
      await record(tx, 'user.role-changed', { target: { type: 'User', id }, detail });
      return { user: await tx.prisma.user.update({ where: { id }, data: { role } }) };
    }),
);

/**
 * Removes a member. Their sessions and keys end in the same transaction; their open runs and replies are cancelled and
 * their objects pass to the acting ADMIN within about a second. The row keeps the name, for the objects that show it, and
 * the subject, by which the next token of another issuer's user is refused.
 */
export const removeUser = useCase(
  'Mutation.removeUser',
  { input: z.object({ userId: rowId }), audit: ['user.removed'] },
  ({ viewer, transact, record }, { userId: id }) =>
    transact(async (tx) => {
      await lockMembers(tx, viewer);
      const { tenantId, userId: successorId } = viewer;
      await memberOf(tx, tenantId, id);
      if (id === successorId) {
        const message = 'You cannot remove yourself. Delete your account with deleteAccount.';
        throw new ConflictError('WRONG_STATE', message, { type: 'User', id });
      }
      await depart(tx, { userId: id, tenantId, successorId, heirId: successorId });
      await endSessions(tx, id);
      await revokeKeysOf(tx, id);
      await record(tx, 'user.removed', { target: { type: 'User', id } });
      const data = { email: null, emailVerifiedAt: null, passwordHash: null };
      return { user: await tx.prisma.user.update({ where: { id }, data }) };
    }),
);

/** Sets the daily spending limit that all members share. */
export const setTenantCostLimit = useCase(
  'Mutation.setTenantCostLimit',
  {
    input: z.object({ costLimit: z.bigint().nonnegative('must not be negative').nullish() }),
    audit: ['tenant.cost-limit-changed'],
  },
  ({ viewer, transact, record }, { costLimit = null }) =>
    transact(async (tx) => {
      await lockMembers(tx, viewer);
      const { tenantId: id } = viewer;
      const before = await tx.prisma.tenant.findUniqueOrThrow({ where: { id } });
      if (before.costLimitMicros === costLimit) return { tenant: before };
      const detail = { fromMicros: micros(before.costLimitMicros), toMicros: micros(costLimit) };
      await record(tx, 'tenant.cost-limit-changed', { target: { type: 'Tenant', id }, detail });
      return {
        tenant: await tx.prisma.tenant.update({ where: { id }, data: { costLimitMicros: costLimit } }),
      };
    }),
);

/** JSON has no bigint. */
function micros(amount: bigint | null): string | null {
  return amount === null ? null : String(amount);
}

/**
 * Sets the plan of a user of any tenant. The act is in the log of the user's tenant, where the operator is nobody, and in
 * that of the operator.
 */
export const setUserPlan = useCase(
  'Mutation.setUserPlan',
  { input: z.object({ userId: rowId, plan: z.enum(Plan) }), audit: ['user.plan-changed'] },
  ({ viewer, transact, record }, { userId: id, plan }) =>
    transact(async (tx) => {
      await lockUser(tx, id);
      const before = await tx.prisma.user.findFirst({ where: { id, removedAt: null } });
      if (!before) throw new NotFoundError('The user');
      if (before.plan === plan) return { user: before };
      const act = { target: { type: 'User', id }, detail: { from: before.plan, to: plan } } as const;
      await record(tx, 'user.plan-changed', act);
      if (before.tenantId !== viewer.tenantId)
        await record(tx, 'user.plan-changed', { ...act, by: { tenantId: before.tenantId, userId: null } });
      return { user: await tx.prisma.user.update({ where: { id }, data: { plan } }) };
    }),
);
