import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Credentials } from '../modules/auth/authenticator.ts';
import type { Grant } from '../modules/auth/tickets/tickets.ts';

/**
 * Reads the credentials and the claimed ids from the headers of a request. A bearer token takes precedence over
 * `X-API-Key`. The router has refused repeated headers before.
 */
export function credentialsFromHeaders(headers: IncomingHttpHeaders): RequestCredentials {
  const bearerToken = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
  return {
    bearerToken,
    apiKey: bearerToken === null ? single(headers['x-api-key']) : null,
    tenantId: single(headers['x-tenant-id']),
    userId: single(headers['x-user-id']),
  };
}

/**
 * Browsers cannot set headers on a WebSocket, so `connection_init` is read first, in every shape that clients in use
 * send; then the headers of the upgrade; then, where the URL may hold a token, its parameter `token`.
 */
export function credentialsFromSocket(
  connectionParams: unknown,
  upgrade: Pick<IncomingMessage, 'headers' | 'url'>,
  { isTokenInUrlAllowed }: { isTokenInUrlAllowed: boolean },
): RequestCredentials {
  const message = credentialsFromMessage(connectionParams);
  const headers = credentialsFromHeaders(upgrade.headers);
  const claims = {
    tenantId: message.tenantId ?? headers.tenantId,
    userId: message.userId ?? headers.userId,
  };
  if (hasCredentials(message)) return { ...message, ...claims };
  if (hasCredentials(headers) || !isTokenInUrlAllowed) return { ...headers, ...claims };
  return { bearerToken: parameterOf(upgrade, 'token'), apiKey: null, ...claims };
}

/** The one-use ticket in the URL of a WebSocket; null without one. */
export function ticketOf(upgrade: Pick<IncomingMessage, 'url'>): string | null {
  return parameterOf(upgrade, 'ticket');
}

export function hasCredentials({ bearerToken, apiKey }: Credentials): boolean {
  return bearerToken !== null || apiKey !== null;
}

export const NO_CREDENTIALS: RequestCredentials = {
  bearerToken: null,
  apiKey: null,
  tenantId: null,
  userId: null,
};

function credentialsFromMessage(connectionParams: unknown): RequestCredentials {
  const fields = textFields(connectionParams);
  const valueOf = (names: readonly string[]) =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined) ?? null;
  const bearerToken = valueOf(TOKEN_FIELDS);
  return {
    bearerToken,
    apiKey: bearerToken === null ? valueOf(API_KEY_FIELDS) : null,
    tenantId: valueOf(['xtenantid']),
    userId: valueOf(['xuserid']),
  };
}

/** The texts of an object and of its member `headers`, without "Bearer " and by their names in lower case without `-` and `_`. */
function textFields(object: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  const entries = entriesOf(object);
  const nested = entries.find(([name]) => name.toLowerCase() === 'headers')?.[1];
  for (const [name, value] of [...entries, ...entriesOf(nested)]) {
    const key = name.toLowerCase().replaceAll(/[-_]/g, '');
    const text = typeof value === 'string' ? value.replace(/^\s*bearer(?=\s|$)/i, '').trim() : '';
    if (text && !fields.has(key)) fields.set(key, text);
  }
  return fields;
}

const TOKEN_FIELDS = ['authorization', 'token', 'authtoken', 'accesstoken'];
const API_KEY_FIELDS = ['apikey', 'xapikey'];

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function parameterOf({ url }: Pick<IncomingMessage, 'url'>, name: string): string | null {
  return URL.parse(url ?? '', 'ws://any')?.searchParams.get(name) || null;
}

function single(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}

export interface RequestCredentials extends Credentials {
  /** The headers X-Tenant-ID and X-User-ID; null when absent. They are checked against the token and grant nothing. */
  tenantId: string | null;
  userId: string | null;
  /** What the ticket in the URL of a WebSocket stands for, in place of a token or a key. */
  grant?: Grant;
}
