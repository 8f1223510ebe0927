import type { RefreshToken } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Tokens } from './tokens.ts';

/**
 * A session starts with a sign-in and has a chain of refresh tokens, of which only the newest is valid. Each use of a
 * token spends it and creates its successor. Reuse of a spent token means that the token was stolen, so it ends the
 * session; except within a grace period while the successor is unused, when the response was lost or a second browser
 * tab refreshed too.
 */
export async function openSession(ctx: SessionContext, tx: Tx, userId: string): Promise<AuthSession> {
  const expiresAt = new Date(ctx.clock().getTime() + ctx.settings.sessionMaxDays * DAY_MS);
  const session = await tx.prisma.session.create({ data: { userId, expiresAt } });
  return authSession(ctx, tx, await addRefreshToken(ctx, tx, session.id));
}

/** Spends a refresh token and returns the session with its successor; null when the token is no longer valid. */
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

/** How long a spent token still returns its successor. */
const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;

/** Locks the open session of a token, so that concurrent uses of its tokens run one after the other. */
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
  settings: { refreshTokenDays: number; sessionMaxDays: number };
  clock: () => Date;
}

/** The tokens of a session, as returned to a client. */
export interface AuthSession {
  accessToken: string;
  accessTokenExpiresAt: Date;
  refreshToken: string;
  refreshTokenExpiresAt: Date;
  userId: string;
}
