import type { IncomingMessage } from 'node:http';
import type { Client } from '../kernel/context.ts';

/** The client that sent a request. */
export function clientOf({ socket, headers }: IncomingMessage): Client {
  return { address: socket.remoteAddress ?? '', userAgent: headers['user-agent'] ?? null };
}
