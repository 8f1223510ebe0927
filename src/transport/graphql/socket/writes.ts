import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { STALLED } from '../../http/write-deadline.ts';
import { MAX_BUFFERED_BYTES } from '../limits.ts';
import { CLOSE, closeSocket } from './close.ts';

/**
 * Closes a socket that takes less than is written to it. A write to a socket that has just closed is not an error, but
 * graphql-ws would report it; `close` does the cleanup.
 */
export function limitWrites(socket: WebSocket): void {
  const send = socket.send.bind(socket) as (message: string, sent: () => void) => void;
  socket.send = ((message: string, sent: () => void) => {
    send(message, () => sent());
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) closeSocket(socket, CLOSE.tooSlow);
  }) as WebSocket['send'];
}

/** Closes a socket whose client has stopped to read. One that goes on at last is told why, and connects again. */
export function closeWhenStalled(socket: WebSocket, connection: Duplex): void {
  connection.once(STALLED, () => closeSocket(socket, CLOSE.stalled));
}
