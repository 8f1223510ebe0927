import type { WebSocket } from 'ws';
import { CLOSE, closeSocket } from './close.ts';

/**
 * Closes a socket that sends more messages in a second than any client needs. Operations have rate limits; this is for
 * messages that cost little each, such as `ping` and `complete` of unknown ids.
 */
export function closeOnFlood(socket: WebSocket): void {
  let secondStartedAt = performance.now();
  let messages = 0;
  const count = () => {
    const now = performance.now();
    if (now - secondStartedAt >= 1_000) {
      secondStartedAt = now;
      messages = 0;
    }
    messages += 1;
    if (messages <= MAX_MESSAGES_PER_SECOND) return;
    socket.off('message', count);
    closeSocket(socket, CLOSE.tooManyMessages);
    socket.pause(); // what else arrives is not read; the socket ends when its time to answer is over
  };
  socket.on('message', count);
}

export const MAX_MESSAGES_PER_SECOND = 1_000;
