import type { RefreshToken } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Tokens } from './tokens.ts';

/**
 * A session is one sign-in: a family of refresh tokens of which only the newest opens anything. Each use spends
 * a token and makes its successor. A spent token that comes back means that somebody else has a copy, and ends
 * the family; save for a moment while its successor is unused, when it is only a lost answer or a second tab.
 */
export async function openSession(ctx: SessionContext, tx: Tx, userId: string): Promise<AuthSession> {
  const session = await tx.prisma.session.create({ data: { userId } });
  return authSession(ctx, tx, await addRefreshToken(ctx, tx, session.id));
}

/** The session that goes on from a refresh token; null when the token opens none (any more). */
export async function rotateSession(
  ctx: SessionContext,
  tx: Tx,
  tokenId: string,
): Promise<AuthSession | null> {
  const sessionId = await lockSessionOf(tx, tokenId);
  if (!sessionId) return null;
  const token = await tx.prisma.refreshToken.findUniqueOrThrow({ where: { id: tokenId } });
  if (token.expiresAt <= ctx.clock()) return null;

  const successor = token.spentAt ? await sameSuccessor(ctx, tx, token) : await spend(ctx, tx, token);
  if (successor) return authSession(ctx, tx, successor);
  await tx.prisma.session.update({ where: { id: sessionId }, data: { endedAt: ctx.clock() } });
  return null;
}

/** How long a spent token still gives its successor. */
const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;

/** Everything about one family happens one after the other. */
async function lockSessionOf(tx: Tx, tokenId: string): Promise<string | null> {
  const [session] = await tx.sql<{ id: string; ended_at: Date | null }>(
    `SELECT s.id, s.ended_at FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
     WHERE r.id = $1 FOR UPDATE OF s`,
    [tokenId],
  );
  return session && !session.ended_at ? session.id : null;
}

async function spend(ctx: SessionContext, tx: Tx, token: RefreshToken): Promise<RefreshToken> {
  const successor = await addRefreshToken(ctx, tx, token.sessionId);
  const data = { spentAt: ctx.clock(), successorId: successor.id };
  await tx.prisma.refreshToken.update({ where: { id: token.id }, data });
  return successor;
}

async function sameSuccessor(ctx: SessionContext, tx: Tx, token: RefreshToken): Promise<RefreshToken | null> {
  const { spentAt, successorId } = token;
  if (!spentAt || !successorId || ctx.clock().getTime() - spentAt.getTime() > GRACE_MS) return null;
  return tx.prisma.refreshToken.findUnique({ where: { id: successorId, spentAt: null } });
}

function addRefreshToken(ctx: SessionContext, tx: Tx, sessionId: string): Promise<RefreshToken> {
  const expiresAt = new Date(ctx.clock().getTime() + ctx.settings.refreshTokenDays * DAY_MS);
  return tx.prisma.refreshToken.create({ data: { sessionId, expiresAt } });
}

async function authSession(ctx: SessionContext, tx: Tx, token: RefreshToken): Promise<AuthSession> {
  const { user } = await tx.prisma.session.findUniqueOrThrow({
    where: { id: token.sessionId },
    select: { user: { select: { id: true, tenantId: true } } },
  });
  const access = await ctx.tokens.issueAccessToken({
    userId: user.id,
    tenantId: user.tenantId,
    sessionId: token.sessionId,
  });
  return {
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: ctx.tokens.refreshToken(token.id),
    refreshTokenExpiresAt: token.expiresAt,
    userId: user.id,
  };
}

export interface SessionContext {
  tokens: Tokens;
  settings: { refreshTokenDays: number };
  clock: () => Date;
}

/** What a client keeps of its sign-in. */
export interface AuthSession {
  accessToken: string;
  accessTokenExpiresAt: Date;
  refreshToken: string;
  refreshTokenExpiresAt: Date;
  userId: string;
}
