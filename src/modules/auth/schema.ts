import { AppError } from '../../errors.ts';
import { InvalidCredentialsError } from './errors.ts';
import { errorType } from '../../schema-kit/errors.ts';
import type { GraphQLResolveInfo } from 'graphql';
import type { Viewer } from '../../access/viewer.ts';
import { maySee, type Owned } from '../../access/visibility.ts';
import type { User } from '../../generated/prisma/client.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import { describePlan, PLAN_NAMES } from '../../kernel/plans.ts';
import { builder } from '../../schema-kit/builder.ts';
import { node } from '../../schema-kit/node.ts';
import { authorize } from '../../access/authorize.ts';
import { PERMISSIONS, permissionsOf } from '../../access/permissions.ts';

export const RoleRef = builder.enumType('Role', {
  description: 'Role of a user in their tenant. It determines the permissions.',
  values: {
    ADMIN: { description: 'Full access to the tenant, including read access to the objects of all members.' },
    USER: { description: 'Can hold conversations, run pipelines, decide approvals and manage own objects.' },
    GUEST: { description: 'Read-only access.' },
  } as const,
});

export const PlanRef = builder.enumType('Plan', {
  description: 'Number of runs and amount of spending that a user is allowed per UTC day.',
  values: Object.fromEntries(PLAN_NAMES.map((plan) => [plan, { description: describePlan(plan) }])) as Record<
    Plan,
    { description: string }
  >,
});

export const PermissionRef = builder.enumType('Permission', {
  description: 'Permission to perform a kind of operation.',
  values: {
    AGENT_EXECUTE: { description: 'Send messages to agents, and select and confirm design proposals.' },
    PIPELINE_EXECUTE: { description: 'Start and cancel runs.' },
    CONVERSATION_WRITE: { description: 'Create, rename and delete conversations.' },
    TEMPLATE_WRITE: { description: 'Create, change, fork and delete templates.' },
    TEMPLATE_SHARE: { description: 'Show templates to the other members of the tenant.' },
    APPROVAL_DECIDE: { description: 'Approve and reject approval requests of runs.' },
    API_KEY_MANAGE: { description: 'Create and revoke own API keys.' },
    LLM_KEY_MANAGE: {
      description: 'Store, check and delete own keys at providers of models; as an ADMIN also the tenant’s.',
    },
    USER_MANAGE: {
      description: 'Invite and remove members of the tenant, and set their roles and its cost limit.',
    },
    AUDIT_READ: { description: 'Read the audit log of the tenant.' },
    RATE_LIMIT_READ: { description: 'Read the statistics of the tenant’s requests.' },
    STATS_READ: {
      description: 'Read what the members of the tenant spend, and how well runs are estimated.',
    },
    PLAN_MANAGE: { description: 'Set the plan of any user. Held by the ADMINs of the operator’s tenant.' },
  } satisfies Record<(typeof PERMISSIONS)[number], object>,
});

export const TenantRef = node('Tenant', {
  description: 'A group of users whose data is isolated from all other tenants.',
  fields: (t) => ({
    externalId: t.exposeString('externalId', {
      description: 'Id of the tenant at the token issuer.',
    }),
    name: t.exposeString('name', { description: 'Display name.' }),
    costLimit: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'Spending limit in US dollars per UTC day, shared by all members. Null means no limit. FORBIDDEN for others than members.',
      resolve: ({ id: tenantId, costLimitMicros }, _args, { viewer }, { path }) => {
        if (!mayRead('Tenant.costLimit', viewer, { tenantId }, path)) throw hidden('costLimit');
        return costLimitMicros;
      },
    }),
  }),
});

export const UserRef = node('User', {
  description: 'A member of a tenant.',
  fields: (t) => ({
    email: t.string({
      nullable: true,
      description:
        'E-mail address in lower case. Null for a user without one, and for another member unless you manage users.',
      resolve: (user, _args, { viewer }, { path }) =>
        mayRead('User.email', viewer, ownedBySelf(user), path) ? user.email : null,
    }),
    emailVerified: t.boolean({
      description:
        'Whether the user has proved to have the e-mail address. False for users of an external issuer, which vouches for its addresses itself.',
      resolve: ({ emailVerifiedAt }) => emailVerifiedAt !== null,
    }),
    displayName: t.exposeString('displayName', { description: 'Name that other users see.' }),
    role: t.expose('role', { type: RoleRef, description: 'Role in the tenant.' }),
    plan: t.field({
      type: PlanRef,
      description:
        'Plan, which sets the daily limits. FORBIDDEN for another member unless you manage users; the object that holds the user is then null.',
      resolve: (user, _args, { viewer }, { path }) => {
        if (!mayRead('User.plan', viewer, ownedBySelf(user), path)) throw hidden('plan');
        return user.plan;
      },
    }),
    tenant: t.relation('tenant', { description: 'The tenant that the user belongs to.' }),
    permissions: t.field({
      type: [PermissionRef],
      description:
        'Permissions of the role. For yourself, those of this request: an API key may have fewer than its owner.',
      resolve: (user, _args, { viewer }) =>
        [...permissionsOf(user)].filter(
          (permission) => viewer?.userId !== user.id || viewer.permissions.has(permission),
        ),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the account was created.' }),
  }),
});

/** Also of the caller's own account in the answer to signing in, whoever the viewer of the request is. */
function mayRead(
  field: 'User.email' | 'User.plan' | 'Tenant.costLimit',
  viewer: Viewer | null,
  object: Owned,
  path: GraphQLResolveInfo['path'],
): boolean {
  return isOfOwnAccount(path) || maySee(field, viewer, object);
}

/** The field is one of the account, or of its tenant. */
function isOfOwnAccount({ typename, prev: object }: GraphQLResolveInfo['path']): boolean {
  const user = typename === 'Tenant' ? object?.prev : object;
  return OWN_ACCOUNTS.includes(user?.typename ?? '');
}

function ownedBySelf({ id: ownerId, tenantId }: User): Owned {
  return { tenantId, ownerId };
}

function hidden(field: string): AppError {
  return new AppError('FORBIDDEN', `You may not read the field ${field} of this object. Ask without it.`);
}

/** Types whose user is the account of the caller, who has just proved to own it. */
const OWN_ACCOUNTS = ['AuthSession', 'ResetPasswordSuccess', 'VerifyEmailSuccess'];

builder.queryField('viewer', (t) =>
  t.prismaField({
    type: UserRef,
    nullable: true,
    description: 'The authenticated user.',
    resolve: (query, _root, _args, ctx) =>
      ctx.database.prisma.user.findUniqueOrThrow({
        ...query,
        where: { id: authorize(ctx, 'Query.viewer').userId },
      }),
  }),
);

errorType(InvalidCredentialsError, {
  description:
    'The e-mail, the password, the refresh token or the token of a link is invalid. The error does not reveal which one.',
});
