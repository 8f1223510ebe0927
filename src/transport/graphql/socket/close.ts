import type { WebSocket } from 'ws';
import { MAX_BODY_BYTES, MAX_BUFFERED_BYTES } from '../limits.ts';

/** Sockets that one user may have open in this process. */
export const MAX_SOCKETS_PER_USER = 50;
/** Sockets of one address, or IPv6 network, in this process. */
export const MAX_SOCKETS_PER_ADDRESS = 500;
/** Those of them that have not signed in yet. */
export const MAX_UNAUTHENTICATED_SOCKETS = 20;

/**
 * Code and reason, at most 123 bytes, of each close by the server. Clients of graphql-ws reconnect after 1012, 1013,
 * 4403 and 4408, but not after 1009 and 4401.
 */
export const CLOSE = {
  tooLarge: [1009, `A message may have at most ${MAX_BODY_BYTES} bytes`],
  restart: [1012, 'Server is restarting'],
  tryAgainLater: [1013, 'Try again later'],
  tooSlow: [1013, `Too slow: more than ${MAX_BUFFERED_BYTES} bytes wait for the client to read`],
  stalled: [1013, 'Too slow: the client has stopped to read'],
  tooManySockets: [1013, `Too many sockets: a user may have ${MAX_SOCKETS_PER_USER}`],
  tooManyOfAddress: [1013, `Too many sockets: an address may have ${MAX_SOCKETS_PER_ADDRESS}`],
  tooManyUnauthenticated: [
    1013,
    `Too many sockets that have not signed in: an address may have ${MAX_UNAUTHENTICATED_SOCKETS}`,
  ],
  tooManyMessages: [1013, 'Too many messages in one second'],
  authRequired: [
    4401,
    'AUTH_REQUIRED: send token, accessToken, authToken, Authorization or apiKey in connection_init, or a header',
  ],
  authFailed: [4403, 'AUTH_FAILED'],
} as const satisfies Record<string, Close>;

export type Close = readonly [code: number, reason: string];

/** Closes a socket, and ends its connection if the client does not answer. */
export function closeSocket(socket: WebSocket, [code, reason]: Close): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS);
  socket.once('close', () => clearTimeout(timer));
}

export const CLOSE_GRACE_MS = 1_000;
