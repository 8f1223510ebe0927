import { z } from 'zod';
import { OPERATOR_TENANT_ID } from '../../../access/permissions.ts';
import { changeable } from '../../../access/visibility.ts';
import { NotFoundError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
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
    audit: ['session.started', 'session.refused'],
  },
  async (ctx: LoginScope, { email, password, cookie }) => {
    const guess = { account: email, address: ctx.client.address };
    const session = await handOver(ctx, { cookie }, async () => {
      const user = await ctx.throttle.guess(guess, () => findByPassword(ctx, email, password));
      if (!user) throw wrongCredentials();
      return ctx.transact(async (tx) => {
        if (!(await lockUnchanged(tx, user))) throw wrongCredentials();
        const opened = await openSession(ctx, tx, user);
        const by = { tenantId: user.tenantId, userId: user.id };
        await ctx.record(tx, 'session.started', { by, target: { type: 'Session', id: opened.sessionId } });
        return opened;
      });
    });
    return { session };
  },
);

/**
 * Takes as long for an account that does not exist, and records the failure too, then in the log of the operator.
 * Replaces a hash with other parameters than those of today.
 */
async function findByPassword(
  {
    database,
    passwords,
    transact,
    record,
  }: Pick<LoginScope, 'database' | 'passwords' | 'transact' | 'record'>,
  email: string,
  password: string,
): Promise<User | null> {
  const user = await findAccount(database, email);
  const matches = await passwords.verify(password, user?.passwordHash ?? null);
  if (!user?.passwordHash || !matches) {
    const by = { tenantId: user?.tenantId ?? OPERATOR_TENANT_ID, userId: null };
    const target = user ? { type: 'User' as const, id: user.id } : undefined;
    await transact((tx) => record(tx, 'session.refused', { by, target }));
    return null;
  }
  if (passwords.isOutdated(user.passwordHash)) {
    const { id, passwordHash } = user;
    const data = { passwordHash: await passwords.hash(password) };
    await database.prisma.user.updateMany({ where: { id, passwordHash }, data });
    // Once more, with the hash that is stored now: another sign-in may have replaced it first.
    return findByPassword({ database, passwords, transact, record }, email, password);
  }
  return user;
}

/**
 * A new password ends the sessions of the old one. So the account is locked, and must still have the password that was
 * checked: none is opened after that with the old one.
 */
async function lockUnchanged({ sql }: Tx, { id, passwordHash }: User): Promise<boolean> {
  const locked = await sql(
    'SELECT id FROM users WHERE id = $1 AND password_hash = $2 AND removed_at IS NULL FOR NO KEY UPDATE',
    [id, passwordHash],
  );
  return locked.length > 0;
}

function wrongCredentials(): InvalidCredentialsError {
  return new InvalidCredentialsError('The e-mail or the password is incorrect.');
}

const refreshToken = z.string().min(1, 'must not be empty').max(512).nullish();

export const refreshSession = useCase(
  'Mutation.refreshSession',
  { input: z.object({ refreshToken }), audit: ['session.reuse-detected'] },
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
  { input: z.object({ refreshToken }), audit: ['session.signed-out'] },
  async (ctx: SessionScope & Pick<Services, 'authenticators'>, { refreshToken: given }) => {
    const token = given ?? ctx.refreshCookie.read();
    if (token === null) return { sessionsEnded: await endCredential(ctx) };
    if (given == null) ctx.refreshCookie.clear();
    return { sessionsEnded: await endSessionOf(ctx, token) };
  },
);

async function endSessionOf(
  { tokens, transact, record }: SessionScope,
  refreshToken: string,
): Promise<number> {
  const tokenId = tokens.readRefreshToken(refreshToken);
  if (!tokenId) return 0;
  return transact(async (tx) => {
    const [ended] = await tx.sql<{ id: string; userId: string; tenantId: string }>(
      `UPDATE sessions s SET ended_at = now() FROM users u
       WHERE u.id = s.user_id AND s.ended_at IS NULL
         AND s.id = (SELECT session_id FROM refresh_tokens WHERE id = $1)
       RETURNING s.id, u.id AS "userId", u.tenant_id AS "tenantId"`,
      [tokenId],
    );
    if (!ended) return 0;
    const { id, ...by } = ended;
    await record(tx, 'session.signed-out', { by, target: { type: 'Session', id } });
    return 1;
  });
}

async function endCredential({
  viewer,
  authenticators,
  transact,
  record,
}: SessionScope & Pick<Services, 'authenticators'>): Promise<number> {
  const authenticator = authenticators.find(({ kind }) => kind === viewer?.credential.kind);
  if (!viewer || !authenticator?.end) return 0;
  await transact(async (tx) => {
    await authenticator.end!(tx, viewer.credential);
    await record(tx, 'session.signed-out');
  });
  return 1;
}

export const endSession = useCase(
  'Mutation.endSession',
  { input: z.object({ sessionId: rowId }), audit: ['session.ended'] },
  async ({ viewer, transact, record }: Scope, { sessionId: id }) => {
    const session = await transact(async (tx) => {
      const own = [id, viewer.userId];
      const [ended] = await tx.sql(
        'UPDATE sessions SET ended_at = now() WHERE id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING id',
        own,
      );
      if (ended) await record(tx, 'session.ended', { target: { type: 'Session', id } });
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
