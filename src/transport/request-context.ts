import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import { authenticate } from '../modules/auth/sessions/sessions.ts';
import type { Context, Services } from '../kernel/context.ts';

/** The context of one operation, whichever way it came. Errors: FORBIDDEN, SERVICE_UNAVAILABLE. */
export async function createContext(
  services: Services,
  { requestId, credentials }: RequestContext,
): Promise<GraphQLContext> {
  const authentication = credentials.token ? await authenticate(services, credentials.token) : null;
  const viewer = authentication?.viewer ?? null;
  if (viewer) {
    assertSame('Tenant', credentials.tenantId, viewer.tenantId);
    assertSame('User', credentials.userId, viewer.userId);
  }
  return { ...services, requestId, viewer, accessExpiresAt: authentication?.expiresAt ?? null };
}

export function credentialsFromHeaders(headers: IncomingHttpHeaders): Credentials {
  return {
    token: bearerToken(headers.authorization),
    tenantId: single(headers['x-tenant-id']),
    userId: single(headers['x-user-id']),
  };
}

/** A browser cannot set headers on a WebSocket, so a token may also come in its first message or in its URL. */
export function credentialsFromSocket(
  connectionParams: Readonly<Record<string, unknown>>,
  upgrade: IncomingMessage,
): Credentials {
  const { authorization, Authorization, token } = connectionParams;
  const fromHeaders = credentialsFromHeaders(upgrade.headers);
  const fromMessage =
    bearerToken(authorization ?? Authorization) ?? (typeof token === 'string' ? token : null);
  const fromUrl = URL.parse(upgrade.url ?? '', 'ws://any')?.searchParams.get('token');
  return { ...fromHeaders, token: fromMessage ?? fromUrl ?? fromHeaders.token };
}

function bearerToken(header: unknown): string | null {
  return typeof header === 'string' ? (/^Bearer +(.+)$/i.exec(header)?.[1] ?? null) : null;
}

function single(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}

/** A header never grants anything; it can only contradict the token. */
function assertSame(what: 'Tenant' | 'User', claimed: string | null, actual: string): void {
  if (claimed !== null && claimed !== actual) {
    throw new AppError('FORBIDDEN', `${what} ID mismatch between JWT and header`);
  }
}

/** What a transport knows of an operation. */
export interface RequestContext {
  requestId: string;
  credentials: Credentials;
}

export interface Credentials {
  token: string | null;
  /** The headers X-Tenant-ID and X-User-ID, when they were sent. */
  tenantId: string | null;
  userId: string | null;
}

export interface GraphQLContext extends Context {
  /** When the viewer's access token ends; null without a viewer. */
  accessExpiresAt: Date | null;
}
