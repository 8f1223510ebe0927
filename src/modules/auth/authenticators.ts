import type { Viewer } from '../../access/viewer.ts';
import { UnauthenticatedError } from '../../errors.ts';
import type { Database } from '../../infra/database.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { sessionAuthenticator } from './sessions/session-authenticator.ts';
import type { Tokens } from './sessions/tokens.ts';

/** Creates the authenticators of all credential kinds. The first one that recognizes a credential decides. */
export function createAuthenticators(services: {
  database: Pick<Database, 'sql'>;
  tokens: Tokens;
}): Authenticator[] {
  return [sessionAuthenticator(services)];
}

/**
 * Returns the viewer of a request's credentials; null for a request without credentials.
 * Errors: UNAUTHENTICATED for credentials that are invalid, expired or revoked.
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<Viewer | null> {
  if (credentials.bearerToken === null && credentials.apiKey === null) return null;
  for (const authenticator of authenticators) {
    const viewer = await authenticator.authenticate(credentials);
    if (viewer) return viewer;
  }
  throw new UnauthenticatedError(
    'INVALID',
    'The access token is invalid or has expired. Refresh the session, or sign in again.',
  );
}
