import { ConflictError } from '../../errors.ts';
import { InvalidCredentialsError } from './errors.ts';
import { errorType } from '../../schema-kit/errors.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import { describePlan, PLAN_NAMES } from '../../kernel/plans.ts';
import { builder } from '../../schema-kit/builder.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { authorize } from '../../access/authorize.ts';
import { PERMISSIONS, permissionsOf } from '../../access/permissions.ts';
import { MAX_DISPLAY_NAME_LENGTH, MAX_EMAIL_LENGTH } from './accounts/account.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './accounts/passwords.ts';
import { login, logout, refreshSession, register } from './service.ts';
import type { AuthSession } from './sessions/sessions.ts';

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

const PermissionRef = builder.enumType('Permission', {
  description: 'Permission to perform a kind of operation.',
  values: {
    AGENT_EXECUTE: { description: 'Send messages to agents, and select and confirm design proposals.' },
    PIPELINE_EXECUTE: { description: 'Start and cancel runs.' },
    CONVERSATION_WRITE: { description: 'Create, rename and delete conversations.' },
    APPROVAL_DECIDE: { description: 'Approve and reject approval requests of runs.' },
  } satisfies Record<(typeof PERMISSIONS)[number], object>,
});

export const TenantRef = node('Tenant', {
  description: 'A group of users whose data is isolated from all other tenants.',
  visibleTo: ({ tenantId }) => ({ id: tenantId }),
  fields: (t) => ({
    externalId: t.exposeString('externalId', {
      description: 'Id of the tenant at the token issuer.',
    }),
    name: t.exposeString('name', { description: 'Display name.' }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description: 'Spending limit in US dollars per UTC day, shared by all members. Null means no limit.',
    }),
  }),
});

export const UserRef = node('User', {
  description: 'A member of a tenant.',
  visibleTo: ({ tenantId }) => ({ tenantId }),
  fields: (t) => ({
    email: t.exposeString('email', {
      nullable: true,
      description: 'E-mail address in lower case. Null for a user of an external issuer without one.',
    }),
    displayName: t.exposeString('displayName', { description: 'Name that other users see.' }),
    role: t.expose('role', { type: RoleRef, description: 'Role in the tenant.' }),
    plan: t.expose('plan', { type: PlanRef, description: 'Plan, which sets the daily limits.' }),
    tenant: t.relation('tenant', { description: 'The tenant that the user belongs to.' }),
    permissions: t.field({
      type: [PermissionRef],
      description: 'All permissions of the role.',
      resolve: ({ role }) => [...permissionsOf(role)],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the account was created.' }),
  }),
});

const AuthSessionRef = builder.objectRef<AuthSession>('AuthSession').implement({
  description:
    'The tokens of a session. Send the access token with each request; exchange the refresh token for new tokens before the access token expires.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'Token that authenticates requests. Send it as `Authorization: Bearer <token>`, or as `token` in the WebSocket connection parameters.',
    }),
    accessTokenExpiresAt: t.expose('accessTokenExpiresAt', {
      type: 'DateTime',
      description: 'Time when the access token expires. Refresh the session shortly before.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'Single use: `refreshSession` exchanges it for a new one. Reusing it more than 10 seconds later revokes the session.',
    }),
    refreshTokenExpiresAt: t.expose('refreshTokenExpiresAt', {
      type: 'DateTime',
      description: 'Time when the refresh token expires. After that, the user must sign in again.',
    }),
    user: t.prismaField({
      type: UserRef,
      description: 'The signed-in user.',
      resolve: (query, session, _args, ctx) =>
        ctx.database.prisma.user.findUniqueOrThrow({ ...query, where: { id: session.userId } }),
    }),
  }),
});

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
    'The e-mail, the password or the refresh token is invalid. The error does not reveal which one.',
});

const SESSION = {
  session: { type: AuthSessionRef, description: 'The new tokens and their user.' },
} as const;

mutation(register, {
  description:
    'Creates an account and a new tenant with the account as its ADMIN, and signs in. The account gets the default plan of the server.',
  success: SESSION,
  errors: [ConflictError],
  input: (t) => ({
    email: t.string({
      required: true,
      description: `E-mail address, at most ${MAX_EMAIL_LENGTH} characters. Stored in lower case.`,
    }),
    password: t.string({
      required: true,
      description: `Password with ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters. The most common passwords are rejected.`,
    }),
    displayName: t.string({
      required: true,
      description: `Name that other users see, 1 to ${MAX_DISPLAY_NAME_LENGTH} characters.`,
    }),
  }),
});

mutation(login, {
  description: 'Signs in with e-mail and password.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    email: t.string({ required: true, description: 'E-mail address of the account. Not case-sensitive.' }),
    password: t.string({ required: true, description: 'Password of the account.' }),
  }),
});

mutation(refreshSession, {
  description:
    'Exchanges a refresh token for a new access token and a new refresh token. For 10 seconds, a retry with the same token returns the same new refresh token; after that, reusing it revokes the session.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    refreshToken: t.string({ required: true, description: 'The latest refresh token of the session.' }),
  }),
});

mutation(logout, {
  description: 'Ends a session immediately: its tokens become invalid and its live connections close.',
  success: {
    sessionsEnded: {
      type: 'Int',
      description: 'Number of sessions ended: 1, or 0 when the session had already ended.',
    },
  },
  input: (t) => ({
    refreshToken: t.string({ required: true, description: 'Any refresh token of the session.' }),
  }),
});
