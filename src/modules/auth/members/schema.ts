import { ConflictError, NotFoundError } from '../../../errors.ts';
import { containing } from '../../../kernel/reads/pagination.ts';
import { connection } from '../../../schema-kit/connection.ts';
import { decodeId } from '../../../schema-kit/global-id.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { queryList } from '../../../schema-kit/query.ts';
import { PlanRef, RoleRef, TenantRef, UserRef } from '../schema.ts';
import { removeUser, setTenantCostLimit, setUserPlan, setUserRole } from './service.ts';

queryList('users', {
  model: 'User',
  connection: connection(UserRef, 'User'),
  description: 'Members of your tenant, oldest account first. For ADMINs.',
  args: (t) => ({
    search: t.arg.string({
      description: 'Text that the name or the e-mail address contains. Not case-sensitive.',
    }),
  }),
  cursor: 'id',
  filter: ({ search }) => {
    const members = { removedAt: null };
    if (!search) return members;
    const text = containing(search.normalize());
    return { ...members, OR: [{ displayName: text }, { email: text }] };
  },
  order: () => ({ by: 'id', direction: 'ASC' }),
});

const USER_ID = { required: true, description: 'Id of the user.' } as const;

mutation(setUserRole, {
  description:
    'Sets the role of a member of your tenant. It applies to requests at once; live connections of the member end within a second and can be opened again. The only ADMIN of a tenant cannot be given another role (ConflictError).',
  success: { user: { type: UserRef, description: 'The member with the new role.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({
    userId: t.id(USER_ID),
    role: t.field({ type: RoleRef, required: true, description: 'Role that the member gets.' }),
  }),
  decodeIds: (input) => ({ ...input, userId: decodeId(input.userId, 'User') }),
});

mutation(removeUser, {
  description:
    'Removes a member of your tenant. Their sessions, API keys and open invitations end at once and their live connections within a second. Their open runs and replies are cancelled, and their objects become yours, within a few seconds. Their e-mail address is erased; their name stays on what they decided. You cannot remove yourself (ConflictError).',
  success: { user: { type: UserRef, description: 'The removed member.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({ userId: t.id(USER_ID) }),
  decodeIds: ({ userId }) => ({ userId: decodeId(userId, 'User') }),
});

mutation(setTenantCostLimit, {
  description:
    'Sets the spending limit of your tenant per UTC day. It applies to every later call of a model, also of runs that have started.',
  success: { tenant: { type: TenantRef, description: 'The tenant with the new limit.' } },
  input: (t) => ({
    costLimit: t.field({
      type: 'Decimal',
      description: 'Limit in US dollars, not negative. Null, or omitted: no limit.',
    }),
  }),
});

mutation(setUserPlan, {
  description:
    'Sets the plan of a user of any tenant. For ADMINs of the operator’s tenant. The new limits apply to later runs and replies.',
  success: { user: { type: UserRef, description: 'The user with the new plan.' } },
  errors: [NotFoundError],
  input: (t) => ({
    userId: t.id(USER_ID),
    plan: t.field({ type: PlanRef, required: true, description: 'Plan that the user gets.' }),
  }),
  decodeIds: (input) => ({ ...input, userId: decodeId(input.userId, 'User') }),
});
