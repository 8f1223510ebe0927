import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why a request is refused before a route handles it. */
export interface Refusal {
  status: number;
  message: string;
}

export const NOT_FOUND: Refusal = { status: 404, message: 'Not found' };

/**
 * The refusal of a request whose meaning would depend on which of two headers is read: Node keeps the first of some
 * repeated headers and joins others. Null for any other request.
 */
export function refusalOfHeaders(
  request: Pick<IncomingMessage, 'headersDistinct' | 'httpVersion'>,
): Refusal | null {
  const repeated = UNIQUE_HEADERS.find((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
  if (repeated) return { status: 400, message: `The header ${repeated} must be sent once.` };
  if (request.httpVersion === '1.1' && request.headersDistinct['host'] === undefined)
    return { status: 400, message: 'The header host is missing.' };
  return null;
}

const UNIQUE_HEADERS = [
  'authorization',
  'x-api-key',
  'x-tenant-id',
  'x-user-id',
  'host',
  'origin',
  'content-type',
];

/** Headers of every response; a route whose answers may be stored sets its own `Cache-Control`. */
function commonHeaders(requestId: string) {
  return { 'X-Request-ID': requestId, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };
}

export function setCommonHeaders(response: ServerResponse, requestId: string): void {
  for (const [name, value] of Object.entries(commonHeaders(requestId))) response.setHeader(name, value);
}

export function sendRefusal(response: ServerResponse, { status, message }: Refusal): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: message }));
}

/** Answers on a connection that has no ServerResponse, and closes it after the client had time to read the answer. */
export function writeRefusal(connection: Duplex, { status, message }: Refusal, requestId: string): void {
  const body = JSON.stringify({ error: message });
  const headers = {
    ...commonHeaders(requestId),
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  connection.resume(); // data left unread would turn the close into a reset, which discards the answer
  const timer = setTimeout(() => connection.destroy(), LINGER_MS);
  connection.once('close', () => clearTimeout(timer));
}

const LINGER_MS = 1_000;
