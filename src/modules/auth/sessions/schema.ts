import { authorize } from '../../../access/authorize.ts';
import { NotFoundError } from '../../../errors.ts';
import { builder } from '../../../schema-kit/builder.ts';
import { decodeId } from '../../../schema-kit/global-id.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { node } from '../../../schema-kit/node.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { UserRef } from '../schema.ts';
import { endSession, login, logout, refreshSession } from './service.ts';
import type { AuthSession } from './sessions.ts';

const MAX_SESSIONS = 100;

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
      nullable: true,
      description:
        'Single use: `refreshSession` exchanges it for a new one. Reusing it more than 10 seconds later revokes the session. Null in cookie mode: it is then an HttpOnly cookie, which scripts cannot read.',
    }),
    refreshTokenExpiresAt: t.expose('refreshTokenExpiresAt', {
      type: 'DateTime',
      description:
        'Time when the refresh token expires, at the latest at the absolute end of the session. After that, the user must sign in again.',
    }),
    user: t.prismaField({
      type: UserRef,
      description: 'The signed-in user.',
      resolve: (query, session, _args, ctx) =>
        ctx.database.prisma.user.findUniqueOrThrow({ ...query, where: { id: session.userId } }),
    }),
  }),
});

/** The success of every mutation that opens or continues a session. */
export const SESSION = {
  session: { type: AuthSessionRef, description: 'The new tokens and their user.' },
} as const;

/** Of the argument `cookie` of every mutation that opens a session. */
export const COOKIE_DESCRIPTION =
  'Cookie mode, for browsers: the refresh token is set as an HttpOnly cookie instead of being returned. Over HTTP only. Default: false.';

mutation(login, {
  description:
    'Signs in with e-mail and password. After 5 failures each further one locks the account, for 1 minute at first and 15 at most; then, and for an address with 60 failures in 15 minutes, the error is RATE_LIMITED.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    email: t.string({ required: true, description: 'E-mail address of the account. Not case-sensitive.' }),
    password: t.string({ required: true, description: 'Password of the account.' }),
    cookie: t.boolean({ required: true, defaultValue: false, description: COOKIE_DESCRIPTION }),
  }),
});

mutation(refreshSession, {
  description:
    'Exchanges a refresh token for a new access token and a new refresh token. For 10 seconds, a retry with the same token returns the same new refresh token; after that, reusing it revokes the session.',
  success: SESSION,
  errors: [InvalidCredentialsError],
  input: (t) => ({
    refreshToken: t.string({
      description:
        'The latest refresh token of the session, at most 512 characters. Null: that of the cookie, which requires the header X-Refresh-Session; the new token is then set as the cookie.',
    }),
  }),
});

mutation(logout, {
  description: 'Ends a session immediately: its tokens become invalid and its live connections close.',
  success: {
    sessionsEnded: {
      type: 'Int',
      description:
        'Number of sessions ended: 1, or 0 when the session had already ended, or when there was none to end, as with an API key.',
    },
  },
  input: (t) => ({
    refreshToken: t.string({
      description:
        'Any refresh token of the session. Null: the session of the cookie, which requires the header X-Refresh-Session and is removed; without a cookie, the session of the access token.',
    }),
  }),
});

const SessionRef = node('Session', {
  description: 'A sign-in of a user with e-mail and password, on one device.',
  fields: (t) => ({
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the sign-in.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the latest sign-in or refresh.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description:
        'What the browser or program called itself at the sign-in, at most 300 characters. Null when it did not.',
    }),
    current: t.boolean({
      description: 'Whether this request belongs to the session.',
      resolve: ({ id }, _args, { viewer }) =>
        viewer?.credential.kind === 'SESSION' && viewer.credential.id === id,
    }),
  }),
});

builder.queryField('sessions', (t) =>
  t.prismaField({
    type: [SessionRef],
    nullable: true,
    description: `Own open sessions, the latest used first, at most ${MAX_SESSIONS}.`,
    resolve: async (query, _root, _args, ctx) => {
      const { userId } = authorize(ctx, 'Query.sessions');
      const open = await ctx.database.sql<{ id: string }>(
        `SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()
         ORDER BY last_used_at DESC, id DESC LIMIT $2`,
        [userId, MAX_SESSIONS],
      );
      return ctx.database.prisma.session.findMany({
        ...query,
        where: { userId, id: { in: open.map(({ id }) => id) } },
        orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
      });
    },
  }),
);

mutation(endSession, {
  description:
    'Ends an own session immediately, e.g. that of a lost device: its tokens become invalid and its live connections close.',
  success: { session: { type: SessionRef, description: 'The session, which has ended.' } },
  errors: [NotFoundError],
  input: (t) => ({ sessionId: t.id({ required: true, description: 'Id of a `Session`.' }) }),
  decodeIds: ({ sessionId }) => ({ sessionId: decodeId(sessionId, 'Session') }),
});
