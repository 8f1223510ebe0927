import { z } from 'zod';
import { changeable } from '../../../access/visibility.ts';
import { NotFoundError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Context, Services } from '../../../kernel/context.ts';
import { rowId } from '../../../kernel/input.ts';
import { type PublicScope, type Scope, useCase } from '../../../kernel/use-case.ts';
import { emailAddress, findAccount } from '../accounts/account.ts';
import { MAX_PASSWORD_LENGTH } from '../accounts/passwords.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { handOver } from './cookie-mode.ts';
import { openSession, rotateSession } from './sessions.ts';

export const login = useCase(
  'Mutation.login',
  {
    input: z.object({
      email: emailAddress,
      password: z.string().max(MAX_PASSWORD_LENGTH),
      cookie: z.boolean().default(false),
    }),
  },
  async (ctx: LoginScope, { email, password, cookie }) => {
    const guess = { account: email, address: ctx.client.address };
    const session = await handOver(ctx, { cookie }, async () => {
      const user = await ctx.throttle.guess(guess, () => findByPassword(ctx, email, password));
      if (!user) throw new InvalidCredentialsError('The e-mail or the password is incorrect.');
      return ctx.transact((tx) => openSession(ctx, tx, user.id));
    });
    return { session };
  },
);

/** Takes as long for an account that does not exist. Replaces a hash with other parameters than those of today. */
async function findByPassword(
  { database, passwords }: Pick<Services, 'database' | 'passwords'>,
  email: string,
  password: string,
): Promise<User | null> {
  const user = await findAccount(database, email);
  const matches = await passwords.verify(password, user?.passwordHash ?? null);
  if (!user?.passwordHash || !matches) return null;
  if (passwords.isOutdated(user.passwordHash)) {
    const { id, passwordHash } = user;
    const data = { passwordHash: await passwords.hash(password) };
    await database.prisma.user.updateMany({ where: { id, passwordHash }, data });
  }
  return user;
}

const refreshToken = z.string().min(1, 'must not be empty').max(512).nullish();

export const refreshSession = useCase(
  'Mutation.refreshSession',
  { input: z.object({ refreshToken }) },
  async (ctx: SessionScope, { refreshToken: given }) => {
    const cookie = given == null;
    const token = given ?? ctx.refreshCookie.read();
    const session = await handOver(ctx, { cookie }, async () => {
      const tokenId = token === null ? null : ctx.tokens.readRefreshToken(token);
      const next = tokenId ? await ctx.transact((tx) => rotateSession(ctx, tx, tokenId)) : null;
      if (next) return next;
      if (cookie) ctx.refreshCookie.clear();
      throw new InvalidCredentialsError('The refresh token is invalid, expired or revoked. Sign in again.');
    });
    return { session };
  },
);

/**
 * Ends the session of a refresh token: of the given one, else of the cookie, else that of the credential which
 * authenticates the request.
 */
export const logout = useCase(
  'Mutation.logout',
  { input: z.object({ refreshToken }) },
  async (ctx: SessionScope & Pick<Services, 'authenticators'>, { refreshToken: given }) => {
    const token = given ?? ctx.refreshCookie.read();
    if (token === null) return { sessionsEnded: await endCredential(ctx) };
    if (given == null) ctx.refreshCookie.clear();
    return { sessionsEnded: await endSessionOf(ctx, token) };
  },
);

async function endSessionOf({ tokens, transact }: SessionScope, refreshToken: string): Promise<number> {
  const tokenId = tokens.readRefreshToken(refreshToken);
  if (!tokenId) return 0;
  const ended = await transact(({ sql }) =>
    sql(
      `UPDATE sessions SET ended_at = now()
       WHERE ended_at IS NULL AND id = (SELECT session_id FROM refresh_tokens WHERE id = $1) RETURNING id`,
      [tokenId],
    ),
  );
  return ended.length;
}

async function endCredential({
  viewer,
  authenticators,
}: SessionScope & Pick<Services, 'authenticators'>): Promise<number> {
  const authenticator = authenticators.find(({ kind }) => kind === viewer?.credential.kind);
  if (!viewer || !authenticator?.end) return 0;
  await authenticator.end(viewer.credential);
  return 1;
}

export const endSession = useCase(
  'Mutation.endSession',
  { input: z.object({ sessionId: rowId }) },
  async ({ viewer, transact }: Scope, { sessionId: id }) => {
    const session = await transact(async (tx) => {
      const own = [id, viewer.userId];
      await tx.sql(
        'UPDATE sessions SET ended_at = now() WHERE id = $1 AND user_id = $2 AND ended_at IS NULL',
        own,
      );
      return tx.prisma.session.findFirst({ where: { id, ...changeable('Session', viewer) } });
    });
    if (!session) throw new NotFoundError('The session');
    return { session };
  },
);

type SessionScope = PublicScope &
  Pick<Services, 'tokens' | 'settings'> &
  Pick<Context, 'client' | 'refreshCookie'>;
type LoginScope = SessionScope & Pick<Services, 'database' | 'passwords' | 'throttle'>;
