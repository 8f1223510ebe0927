import { z } from 'zod';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import { Plan, Role } from '../../../generated/prisma/enums.ts';
import { rowId } from '../../../kernel/input.ts';
import { useCase } from '../../../kernel/use-case.ts';
import { endSessions } from '../sessions/sessions.ts';
import { depart } from './departures.ts';
import { isOnlyAdmin, lockMembers, memberOf } from './membership.ts';

/** Sets the role of a member. It takes effect on requests at once and on live connections within a second. */
export const setUserRole = useCase(
  'Mutation.setUserRole',
  { input: z.object({ userId: rowId, role: z.enum(Role) }) },
  ({ viewer, transact }, { userId: id, role }) =>
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
  { input: z.object({ userId: rowId }) },
  ({ viewer, transact }, { userId: id }) =>
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
      await tx.sql('UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL', [id]);
      const data = { email: null, emailVerifiedAt: null, passwordHash: null };
      return { user: await tx.prisma.user.update({ where: { id }, data }) };
    }),
);

/** Sets the daily spending limit that all members share. */
export const setTenantCostLimit = useCase(
  'Mutation.setTenantCostLimit',
  { input: z.object({ costLimit: z.bigint().nonnegative('must not be negative').nullish() }) },
  ({ viewer, transact }, { costLimit = null }) =>
    transact(async (tx) => {
      await lockMembers(tx, viewer);
      const data = { costLimitMicros: costLimit };
      return { tenant: await tx.prisma.tenant.update({ where: { id: viewer.tenantId }, data }) };
    }),
);

/** Sets the plan of a user of any tenant. */
export const setUserPlan = useCase(
  'Mutation.setUserPlan',
  { input: z.object({ userId: rowId, plan: z.enum(Plan) }) },
  ({ transact }, { userId: id, plan }) =>
    transact(async (tx) => {
      const [user] = await tx.prisma.user.updateManyAndReturn({
        where: { id, removedAt: null },
        data: { plan },
      });
      if (!user) throw new NotFoundError('The user');
      return { user };
    }),
);
