import type { Viewer } from '../../access/viewer.ts';
import type { JwtVerifier } from '../../core/jwt/jwt-verifier.ts';
import { UnauthenticatedError } from '../../errors.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import type { Database } from '../../infra/database.ts';
import type { Logger } from '../../infra/logger.ts';
import { apiKeyAuthenticator } from './api-keys/api-key-authenticator.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import type { Issuer } from './issuers/identity.ts';
import { issuerAuthenticator } from './issuers/issuer-authenticator.ts';
import { sessionAuthenticator } from './sessions/session-authenticator.ts';
import type { Tokens } from './sessions/tokens.ts';

/** Creates the authenticators of all credential kinds. The first one that recognizes a credential decides. */
export function createAuthenticators(services: {
  database: Pick<Database, 'sql' | 'transact'>;
  tokens: Tokens;
  verifier: JwtVerifier<Issuer>;
  defaultPlan: Plan;
  logger: Pick<Logger, 'warn'>;
}): Authenticator[] {
  return [sessionAuthenticator(services), apiKeyAuthenticator(services), issuerAuthenticator(services)];
}

/** Returns the viewer of a request's credentials. Errors: UNAUTHENTICATED when they are invalid, expired or revoked. */
export async function authenticate(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
): Promise<Viewer> {
  for (const authenticator of authenticators) {
    const viewer = await authenticator.authenticate(credentials);
    if (viewer) return viewer;
  }
  throw new UnauthenticatedError('INVALID', INVALID_CREDENTIALS);
}

/** The same for everything that is wrong, so that no forgery learns what was. */
const INVALID_CREDENTIALS =
  'The access token or API key is invalid. Refresh the session, sign in again, or correct the key or the settings of its issuer.';
