import type { Context } from '../../../kernel/context.ts';
import type { AuthSession } from './sessions.ts';

/**
 * Opens a session and hands it to the client: in cookie mode, its refresh token goes into the cookie and not into the
 * answer. Errors: FORBIDDEN, before the session is opened, when this request cannot use the cookie; those of `open`.
 */
export async function handOver(
  { refreshCookie }: Pick<Context, 'refreshCookie'>,
  { cookie }: { cookie: boolean },
  open: () => Promise<AuthSession>,
): Promise<AuthSession> {
  if (!cookie) return open();
  refreshCookie.assertAllowed();
  const session = await open();
  if (session.refreshToken) refreshCookie.write(session.refreshToken, session.refreshTokenExpiresAt);
  return { ...session, refreshToken: null };
}
