import { builder } from '../../../schema-kit/builder.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { UserRef } from '../schema.ts';
import { login, logout, refreshSession } from './service.ts';
import type { AuthSession } from './sessions.ts';

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

/** The success of every mutation that opens or continues a session. */
export const SESSION = {
  session: { type: AuthSessionRef, description: 'The new tokens and their user.' },
} as const;

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
