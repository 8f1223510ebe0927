import type { Viewer } from '../access/viewer.ts';
import { AppError, UnauthenticatedError } from '../errors.ts';
import type { AnswerSize } from '../kernel/answer-size.ts';
import type { Client, Context, Services } from '../kernel/context.ts';
import type { RefreshCookie } from '../kernel/refresh-cookie.ts';
import { authenticate } from '../modules/auth/authenticators.ts';
import { viewerOfGrant } from '../modules/auth/tickets/tickets.ts';
import { hasCredentials, type RequestCredentials } from './credentials.ts';

/**
 * Creates the context of one operation, the same on every transport. Invalid credentials result in a context without
 * a viewer, so that public operations still work, such as refreshing an expired session.
 * Errors: FORBIDDEN, which is counted like an operation; RATE_LIMITED; SERVICE_UNAVAILABLE.
 */
export async function createContext(
  services: Services,
  { requestId, client, credentials, refreshCookie }: RequestOrigin,
  check: Check,
): Promise<Context> {
  try {
    const viewer = await viewerOf(services, credentials, check);
    return { ...services, requestId, client, refreshCookie, viewer };
  } catch (error) {
    if (isMismatch(error)) await countRefusal(services, client);
    if (!(error instanceof UnauthenticatedError)) throw error;
    return { ...services, requestId, client, refreshCookie, viewer: null, credentialError: error };
  }
}

/** The viewer of a request's credentials; null without any. Errors: UNAUTHENTICATED, FORBIDDEN, SERVICE_UNAVAILABLE. */
export async function viewerOf(
  services: Services,
  credentials: RequestCredentials,
  check: Check,
): Promise<Viewer | null> {
  const { bearerToken, apiKey, grant, tenantId, userId } = credentials;
  if (!grant && !hasCredentials(credentials)) return null;
  const authenticated = () =>
    grant ? viewerOfGrant(services, grant) : authenticate(services.authenticators, credentials);
  const viewer =
    check === 'NOW'
      ? await authenticated()
      : await services.checkedCredentials.viewerOf(
          JSON.stringify([bearerToken, apiKey, grant]),
          authenticated,
        );
  const { claims } = viewer.credential;
  assertSame('Tenant', tenantId, claims.tenantId);
  assertSame('User', userId, claims.userId);
  return viewer;
}

/** Counts a request whose document is not valid for its caller. Errors: those of `createContext`; RATE_LIMITED. */
export async function countInvalid(services: Services, origin: RequestOrigin): Promise<void> {
  const caller = await createContext(services, origin, 'RECENT');
  await services.rateLimiter.take(caller, ONE_REQUEST);
}

/** Whoever guesses at headers or tokens is counted by their address. Errors: RATE_LIMITED. */
export async function countRefusal({ rateLimiter }: Services, client: Client): Promise<void> {
  await rateLimiter.take({ viewer: null, client }, ONE_REQUEST);
}

function isMismatch(error: unknown): boolean {
  return error instanceof AppError && error.code === 'FORBIDDEN';
}

/** These headers grant nothing; a request whose header contradicts its token is refused. */
function assertSame(what: 'Tenant' | 'User', claimed: string | null, actual: string): void {
  if (claimed !== null && claimed !== actual) {
    throw new AppError('FORBIDDEN', `${what} ID mismatch between JWT and header`);
  }
}

const ONE_REQUEST = new Map([['DEFAULT', 1]] as const);

/** Whether credentials are checked now, or may have been a moment ago: for what only reads, and ends. */
type Check = 'NOW' | 'RECENT';

/** What a transport knows about a request. */
export interface RequestOrigin {
  requestId: string;
  client: Client;
  credentials: RequestCredentials;
  refreshCookie: RefreshCookie;
}

/** What a transport knows about an operation. */
export interface RequestContext extends RequestOrigin {
  answer: AnswerSize;
}
