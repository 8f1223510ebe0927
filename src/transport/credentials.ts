import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Credentials } from '../modules/auth/authenticator.ts';

/** Reads the credentials and the claimed ids from the headers of a request. */
export function credentialsFromHeaders(headers: IncomingHttpHeaders): RequestCredentials {
  return {
    bearerToken: bearerToken(headers.authorization),
    tenantId: single(headers['x-tenant-id']),
    userId: single(headers['x-user-id']),
  };
}

/** Browsers cannot set headers on a WebSocket, so the token is also accepted in `connection_init` and in the URL. */
export function credentialsFromSocket(
  connectionParams: Readonly<Record<string, unknown>>,
  upgrade: IncomingMessage,
): RequestCredentials {
  const { authorization, Authorization, token } = connectionParams;
  const fromHeaders = credentialsFromHeaders(upgrade.headers);
  const fromMessage =
    bearerToken(authorization ?? Authorization) ?? (typeof token === 'string' ? token : null);
  const fromUrl = URL.parse(upgrade.url ?? '', 'ws://any')?.searchParams.get('token');
  return { ...fromHeaders, bearerToken: fromMessage ?? fromUrl ?? fromHeaders.bearerToken };
}

export const NO_CREDENTIALS: RequestCredentials = { bearerToken: null, tenantId: null, userId: null };

function bearerToken(header: unknown): string | null {
  return typeof header === 'string' ? (/^Bearer +(.+)$/i.exec(header)?.[1] ?? null) : null;
}

function single(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}

export interface RequestCredentials extends Credentials {
  /** The headers X-Tenant-ID and X-User-ID; null when absent. They are checked against the token and grant nothing. */
  tenantId: string | null;
  userId: string | null;
}
