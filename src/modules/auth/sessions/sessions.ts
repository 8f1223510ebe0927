import { firstCharacters } from '../../../core/text/characters.ts';
import { cleanText } from '../../../core/prompt-safety/clean-text.ts';
import type { RefreshToken, User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Context } from '../../../kernel/context.ts';
import { databaseTime } from '../../../kernel/database-time.ts';
import type { PublicScope } from '../../../kernel/use-case.ts';
import type { Tokens } from './tokens.ts';

/**
 * A session starts with a sign-in and has a chain of refresh tokens, of which only the newest is valid. Each use of a
 * token spends it and creates its successor. Reuse of a spent token means that the token was stolen, so it ends the
 * session; except within a grace period while the successor is unused, when the response was lost or a second browser
 * tab refreshed too. A session has an absolute end, which no refresh moves. All times are those of the database.
 */
export async function openSession(
  ctx: SessionContext,
  tx: Tx,
  { id: userId, tenantId }: Pick<User, 'id' | 'tenantId'>,
): Promise<AuthSession> {
  const now = await databaseTime(tx.sql);
  const expiresAt = new Date(now.getTime() + ctx.settings.sessionMaxDays * DAY_MS);
  const userAgent = readableUserAgent(ctx.client.userAgent);
  const session = await tx.prisma.session.create({
    data: { userId, userAgent, createdAt: now, lastUsedAt: now, expiresAt },
  });
  return authSession(ctx, { userId, tenantId }, await addRefreshToken(ctx, tx, { ...session, now }));
}

/** Spends a refresh token and returns the session with its successor; null when the token is no longer valid. */
export async function rotateSession(
  ctx: SessionContext & Pick<PublicScope, 'record'>,
  tx: Tx,
  tokenId: string,
): Promise<AuthSession | null> {
  const session = await lockSessionOf(tx, tokenId);
  if (!session) return null;
  const token = await tx.prisma.refreshToken.findUniqueOrThrow({ where: { id: tokenId } });
  if (token.expiresAt <= session.now) return null;

  const successor = token.spentAt
    ? await sameSuccessor(tx, token, session)
    : await spend(ctx, tx, token, session);
  const data = successor ? { lastUsedAt: session.now } : { endedAt: session.now };
  await tx.prisma.session.update({ where: { id: session.id }, data });
  if (!successor) {
    const { id, userId, tenantId } = session;
    await ctx.record(tx, 'session.reuse-detected', {
      by: { tenantId, userId: null },
      target: { type: 'Session', id },
      detail: { user: { type: 'User', id: userId } },
    });
  }
  return successor && authSession(ctx, session, successor);
}

/** Ends the open sessions of a user, except the one with the id `except`. */
export async function endSessions(
  tx: Pick<Tx, 'sql'>,
  userId: string,
  { except = null }: { except?: string | null } = {},
): Promise<void> {
  await tx.sql(
    `UPDATE sessions SET ended_at = now() WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2`,
    [userId, except],
  );
}

/** SQL condition on the session `s` of the user `u`. */
export const IS_OPEN = 's.ended_at IS NULL AND s.expires_at > now() AND u.removed_at IS NULL';
/** How long a spent token still returns its successor. */
const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;
const MAX_USER_AGENT_LENGTH = 300;

/** What a browser or a program calls itself, for people who read the list of their sessions. */
function readableUserAgent(userAgent: string | null): string | null {
  return userAgent && (firstCharacters(cleanText(userAgent).text.trim(), MAX_USER_AGENT_LENGTH) || null);
}

/** Locks the open session of a token, so that concurrent uses of its tokens run one after the other. */
async function lockSessionOf(tx: Tx, tokenId: string): Promise<OwnedSession | null> {
  const [session] = await tx.sql<OwnedSession>(
    `SELECT s.id, s.expires_at AS "expiresAt", now() AS now, u.id AS "userId", u.tenant_id AS "tenantId"
     FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id JOIN users u ON u.id = s.user_id
     WHERE r.id = $1 AND ${IS_OPEN} FOR UPDATE OF s`,
    [tokenId],
  );
  return session ?? null;
}

async function spend(
  ctx: SessionContext,
  tx: Tx,
  token: RefreshToken,
  session: LockedSession,
): Promise<RefreshToken> {
  const successor = await addRefreshToken(ctx, tx, session);
  const data = { spentAt: session.now, successorId: successor.id };
  await tx.prisma.refreshToken.update({ where: { id: token.id }, data });
  return successor;
}

async function sameSuccessor(
  tx: Tx,
  { spentAt, successorId }: RefreshToken,
  { now }: LockedSession,
): Promise<RefreshToken | null> {
  if (!spentAt || !successorId || now.getTime() - spentAt.getTime() > GRACE_MS) return null;
  return tx.prisma.refreshToken.findUnique({ where: { id: successorId, spentAt: null } });
}

function addRefreshToken(
  ctx: SessionContext,
  tx: Tx,
  { id: sessionId, now, expiresAt: end }: LockedSession,
): Promise<RefreshToken> {
  const expiresAt = new Date(Math.min(now.getTime() + ctx.settings.refreshTokenDays * DAY_MS, end.getTime()));
  return tx.prisma.refreshToken.create({ data: { sessionId, createdAt: now, expiresAt } });
}

async function authSession(
  { tokens }: SessionContext,
  { userId, tenantId }: Pick<OwnedSession, 'userId' | 'tenantId'>,
  token: RefreshToken,
): Promise<AuthSession> {
  const { sessionId } = token;
  const access = await tokens.issueAccessToken({ userId, tenantId, sessionId });
  return {
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: tokens.refreshToken(token.id),
    refreshTokenExpiresAt: token.expiresAt,
    userId,
    sessionId,
  };
}

/** The session as it is within its transaction. */
interface LockedSession {
  id: string;
  /** The absolute end. */
  expiresAt: Date;
  /** Time of the database. */
  now: Date;
}

interface OwnedSession extends LockedSession {
  userId: string;
  tenantId: string;
}

export interface SessionContext extends Pick<Context, 'client'> {
  tokens: Tokens;
  settings: { refreshTokenDays: number; sessionMaxDays: number };
}

/** A session and its tokens, as returned to a client. */
export interface AuthSession {
  accessToken: string;
  accessTokenExpiresAt: Date;
  /** Null in cookie mode. */
  refreshToken: string | null;
  refreshTokenExpiresAt: Date;
  userId: string;
  sessionId: string;
}
