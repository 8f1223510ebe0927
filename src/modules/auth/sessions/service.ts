import { z } from 'zod';
import type { Services } from '../../../kernel/context.ts';
import { type PublicScope, useCase } from '../../../kernel/use-case.ts';
import { emailAddress, findAccount } from '../accounts/account.ts';
import { MAX_PASSWORD_LENGTH } from '../accounts/passwords.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { openSession, rotateSession } from './sessions.ts';

export const login = useCase(
  'Mutation.login',
  { input: z.object({ email: emailAddress, password: z.string().max(MAX_PASSWORD_LENGTH) }) },
  async (ctx: PasswordScope & Pick<Services, 'database'>, { email, password }) => {
    const user = await findAccount(ctx.database, email);
    const matches = await ctx.passwords.verify(password, user?.passwordHash ?? null);
    if (!user || !matches) throw new InvalidCredentialsError('The e-mail or the password is incorrect.');
    return { session: await ctx.transact((tx) => openSession(ctx, tx, user.id)) };
  },
);

const refreshTokenInput = z.object({ refreshToken: z.string().min(1, 'must not be empty').max(512) });

export const refreshSession = useCase(
  'Mutation.refreshSession',
  { input: refreshTokenInput },
  async (ctx: SessionScope, { refreshToken }) => {
    const tokenId = ctx.tokens.readRefreshToken(refreshToken);
    const session = tokenId ? await ctx.transact((tx) => rotateSession(ctx, tx, tokenId)) : null;
    if (!session)
      throw new InvalidCredentialsError('The refresh token is invalid, expired or revoked. Sign in again.');
    return { session };
  },
);

/** Ends the session of a refresh token, which invalidates its access tokens too. */
export const logout = useCase(
  'Mutation.logout',
  { input: refreshTokenInput },
  async ({ tokens, clock, transact }: SessionScope, { refreshToken }) => {
    const tokenId = tokens.readRefreshToken(refreshToken);
    if (!tokenId) return { sessionsEnded: 0 };
    const { count } = await transact((tx) =>
      tx.prisma.session.updateMany({
        where: { endedAt: null, refreshTokens: { some: { id: tokenId } } },
        data: { endedAt: clock() },
      }),
    );
    return { sessionsEnded: count };
  },
);

type SessionScope = PublicScope & Pick<Services, 'tokens' | 'settings' | 'clock'>;
type PasswordScope = SessionScope & Pick<Services, 'passwords'>;
