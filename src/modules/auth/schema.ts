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
  description: 'What a user may do in their tenant.',
  values: {
    ADMIN: { description: 'Everything in the tenant, also to see what its members have.' },
    USER: { description: 'Talks, runs pipelines, decides, and manages what is their own.' },
    GUEST: { description: 'Reads; neither writes, nor runs, nor decides.' },
  } as const,
});

export const PlanRef = builder.enumType('Plan', {
  description: 'How much a user may run and spend in a UTC day.',
  values: Object.fromEntries(PLAN_NAMES.map((plan) => [plan, { description: describePlan(plan) }])) as Record<
    Plan,
    { description: string }
  >,
});

const PermissionRef = builder.enumType('Permission', {
  description: 'One thing that a role allows.',
  values: {
    AGENT_EXECUTE: { description: 'Send messages that agents answer, and settle designs with them.' },
    PIPELINE_EXECUTE: { description: 'Start and cancel runs.' },
    CONVERSATION_WRITE: { description: 'Create, rename and delete conversations.' },
    TEMPLATE_WRITE: { description: 'Create, change and delete templates.' },
    TEMPLATE_SHARE: { description: 'Show templates to the other members of the tenant.' },
    API_KEY_MANAGE: { description: 'Create and revoke API keys.' },
    LLM_KEY_MANAGE: { description: 'Save and delete keys of model providers.' },
    APPROVAL_DECIDE: { description: 'Approve and reject what a run asks for.' },
    STATS_READ: { description: 'See one’s own usage.' },
    UPLOAD_WRITE: { description: 'Upload and delete files.' },
    USER_MANAGE: { description: 'Invite members and change their roles.' },
    AUDIT_READ: { description: 'Read the tenant’s audit log.' },
    RATE_LIMIT_READ: { description: 'See how often requests were held back.' },
    PLAN_MANAGE: { description: 'Change the plans of users; for the operator of this server.' },
  } satisfies Record<(typeof PERMISSIONS)[number], object>,
});

export const TenantRef = node('Tenant', {
  description: 'A group of users whose data nobody else can see.',
  visibleTo: ({ tenantId }) => ({ id: tenantId }),
  fields: (t) => ({
    externalId: t.exposeString('externalId', {
      description: 'Its id at the issuer of its users’ tokens; `X-Tenant-ID`, when sent, must equal it.',
    }),
    name: t.exposeString('name', { description: 'Its name, for people to read.' }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description: 'Dollars a UTC day for all members together; null without a limit.',
    }),
  }),
});

export const UserRef = node('User', {
  description: 'A member of a tenant.',
  visibleTo: ({ tenantId }) => ({ tenantId }),
  fields: (t) => ({
    email: t.exposeString('email', {
      nullable: true,
      description: 'In lower case; null for a user of another issuer who has none.',
    }),
    displayName: t.exposeString('displayName', { description: 'The name that others see.' }),
    role: t.expose('role', { type: RoleRef, description: 'What they may do in their tenant.' }),
    plan: t.expose('plan', { type: PlanRef, description: 'How much they may run and spend.' }),
    tenant: t.relation('tenant', { description: 'The tenant they belong to.' }),
    permissions: t.field({
      type: [PermissionRef],
      description: 'All that their role allows, and for an operator more.',
      select: { role: true, tenant: { select: { isOperator: true } } },
      resolve: ({ role, tenant }) => [...permissionsOf(role, tenant.isOperator)],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was made.' }),
  }),
});

const AuthSessionRef = builder.objectRef<AuthSession>('AuthSession').implement({
  description:
    'A sign-in: send the access token with each request, and keep the refresh token for the next one.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer <token>`, or as `token` when a WebSocket connects.',
    }),
    accessTokenExpiresAt: t.expose('accessTokenExpiresAt', {
      type: 'DateTime',
      description: 'From then on the access token opens nothing; refresh a little earlier.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'Good for one `refreshSession`, which gives its successor. Used again later, it ends the session.',
    }),
    refreshTokenExpiresAt: t.expose('refreshTokenExpiresAt', {
      type: 'DateTime',
      description: 'From then on only signing in again helps.',
    }),
    user: t.prismaField({
      type: UserRef,
      description: 'Who has signed in.',
      resolve: (query, session, _args, ctx) =>
        ctx.database.prisma.user.findUniqueOrThrow({ ...query, where: { id: session.userId } }),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.prismaField({
    type: UserRef,
    nullable: true,
    description: 'The user who sends the request.',
    resolve: (query, _root, _args, ctx) =>
      ctx.database.prisma.user.findUniqueOrThrow({
        ...query,
        where: { id: authorize(ctx, 'Query.viewer').userId },
      }),
  }),
);

errorType(InvalidCredentialsError, {
  description:
    'The e-mail and password, or the refresh token, do not open a session. It never says which part is wrong.',
});

const SESSION = {
  session: { type: AuthSessionRef, description: 'The new access token and refresh token, and their user.' },
} as const;

mutation(register, {
  description: 'Makes an account with a tenant of its own, whose ADMIN it is, on plan FREE, and signs it in.',
  success: SESSION,
  errors: [ConflictError],
  input: (t) => ({
    email: t.string({
      required: true,
      description: `At most ${MAX_EMAIL_LENGTH} characters; stored in lower case.`,
    }),
    password: t.string({
      required: true,
      description: `${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters, and not one of the most common passwords.`,
    }),
    displayName: t.string({
      required: true,
      description: `The name that others see; 1 to ${MAX_DISPLAY_NAME_LENGTH} characters.`,
    }),
  }),
});

mutation(login, {
  description: 'Signs in with e-mail and password.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    email: t.string({ required: true, description: 'The e-mail of the account, in any case.' }),
    password: t.string({ required: true, description: 'Its password.' }),
  }),
});

mutation(refreshSession, {
  description:
    'Goes on with a session: gives a new access token and spends the refresh token for a successor. When the answer was lost, the same token gives the same successor for 10 seconds more; after that it ends the session.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    refreshToken: t.string({ required: true, description: 'The newest refresh token of the session.' }),
  }),
});

mutation(logout, {
  description: 'Ends a session at once: its tokens open nothing any more, and its live connections close.',
  success: {
    sessionsEnded: { type: 'Int', description: '1, or 0 when the session of the token had already ended.' },
  },
  input: (t) => ({
    refreshToken: t.string({ required: true, description: 'Any refresh token of the session.' }),
  }),
});
