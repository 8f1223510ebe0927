import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ConflictError } from '../../errors.ts';
import { InvalidCredentialsError } from './errors.ts';
import type { Services } from '../../kernel/context.ts';
import { type PublicScope, useCase } from '../../kernel/use-case.ts';
import { emailAddress, newAccount } from './accounts/account.ts';
import { MAX_PASSWORD_LENGTH } from './accounts/passwords.ts';
import { openSession, rotateSession } from './sessions/sessions.ts';

/** Creates an account and a new tenant with the account as its ADMIN, and signs in. */
export const register = useCase(
  'Mutation.register',
  { input: newAccount },
  async (ctx: PasswordScope & Pick<Services, 'settings'>, { email, password, displayName }) => {
    const passwordHash = await ctx.passwords.hash(password);
    const tenantId = randomUUID();

    const session = await ctx.transact(async (tx) => {
      await tx.prisma.tenant.create({ data: { id: tenantId, externalId: tenantId, name: displayName } });
      const [user] = await tx.prisma.user.createManyAndReturn({
        data: [{ tenantId, email, displayName, passwordHash, role: 'ADMIN', plan: ctx.settings.defaultPlan }],
        skipDuplicates: true,
      });
      if (!user)
        throw new ConflictError(
          'TAKEN',
          'An account with this e-mail already exists. Sign in, or use another e-mail.',
        );
      return openSession(ctx, tx, user.id);
    });
    return { session };
  },
);

export const login = useCase(
  'Mutation.login',
  { input: z.object({ email: emailAddress, password: z.string().max(MAX_PASSWORD_LENGTH) }) },
  async (ctx: PasswordScope & Pick<Services, 'database'>, { email, password }) => {
    const user = await ctx.database.prisma.user.findUnique({ where: { email } });
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
