import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ConflictError, InvalidCredentialsError } from '../../errors.ts';
import type { Context } from '../../kernel/context.ts';
import { parseInput } from '../../kernel/input.ts';
import { emailAddress, newAccount } from './accounts/account.ts';
import { openSession, rotateSession, type AuthSession } from './sessions/sessions.ts';

/** Makes an account with a tenant of its own, whose ADMIN it is, and signs it in. */
export async function register(ctx: AuthContext, input: RegisterInput): Promise<AuthSession> {
  const { email, password, displayName } = parseInput(newAccount, input);
  const passwordHash = await ctx.passwords.hash(password);
  const tenantId = randomUUID();

  return ctx.database.transact(async (tx) => {
    await tx.prisma.tenant.create({ data: { id: tenantId, externalId: tenantId, name: displayName } });
    const [user] = await tx.prisma.user.createManyAndReturn({
      data: [{ tenantId, email, displayName, passwordHash, role: 'ADMIN', plan: 'FREE' }],
      skipDuplicates: true,
    });
    if (!user)
      throw new ConflictError('There is an account with this e-mail already. Sign in, or use another one.');
    return openSession(ctx, tx, user.id);
  });
}

export async function login(ctx: AuthContext, input: LoginInput): Promise<AuthSession> {
  const { email, password } = parseInput(loginInput, input);
  const user = await ctx.database.prisma.user.findUnique({ where: { email } });
  const matches = await ctx.passwords.verify(password, user?.passwordHash ?? null);
  if (!user || !matches) throw new InvalidCredentialsError('The e-mail or the password is wrong.');
  return ctx.database.transact((tx) => openSession(ctx, tx, user.id));
}

export async function refreshSession(ctx: AuthContext, input: RefreshTokenInput): Promise<AuthSession> {
  const { refreshToken } = parseInput(refreshTokenInput, input);
  const tokenId = ctx.tokens.readRefreshToken(refreshToken);
  const session = tokenId ? await ctx.database.transact((tx) => rotateSession(ctx, tx, tokenId)) : null;
  if (!session)
    throw new InvalidCredentialsError('This refresh token opens no session (any more). Sign in again.');
  return session;
}

/** Ends the session that the refresh token belongs to; its access tokens end with it. */
export async function logout(ctx: AuthContext, input: RefreshTokenInput): Promise<SignedOut> {
  const { refreshToken } = parseInput(refreshTokenInput, input);
  const tokenId = ctx.tokens.readRefreshToken(refreshToken);
  if (!tokenId) return { sessionsEnded: 0 };
  const { count } = await ctx.database.prisma.session.updateMany({
    where: { endedAt: null, refreshTokens: { some: { id: tokenId } } },
    data: { endedAt: ctx.clock() },
  });
  return { sessionsEnded: count };
}

const loginInput = z.object({
  email: emailAddress,
  password: z.string().max(256, 'must have at most 256 characters'),
});

const refreshTokenInput = z.object({
  refreshToken: z.string().min(1, 'must not be empty').max(512, 'must have at most 512 characters'),
});

type AuthContext = Pick<Context, 'database' | 'passwords' | 'tokens' | 'settings' | 'clock'>;
export type RegisterInput = z.input<typeof newAccount>;
export type LoginInput = z.input<typeof loginInput>;
export type RefreshTokenInput = z.input<typeof refreshTokenInput>;

export interface SignedOut {
  sessionsEnded: number;
}
