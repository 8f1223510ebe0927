import type { Socket } from 'node:net';

/**
 * Ends each connection on which bytes wait for the client and none has left for a time, whatever protocol it speaks and
 * whatever the client sends meanwhile: emits STALLED on it, and destroys it where nobody listens. A client that reads slowly
 * but reads is left alone.
 */
export class WriteDeadline {
  readonly #limitMs: number;
  readonly #connections = new Map<Socket, Progress>();
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#timer = setInterval(() => this.#check(performance.now()), limitMs / CHECKS).unref();
  }

  watch(connection: Socket): void {
    this.#connections.set(connection, { state: '', since: 0 });
    connection.once('close', () => this.#connections.delete(connection));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #check(now: number): void {
    for (const [connection, progress] of this.#connections) {
      const state = stateOf(connection);
      if (state === null || state !== progress.state) {
        this.#connections.set(connection, { state: state ?? '', since: now });
      } else if (now - progress.since >= this.#limitMs && !connection.emit(STALLED)) connection.destroy();
    }
  }
}

/** Changes whenever bytes leave. Null when none wait. What waits behind them may grow and changes nothing. */
function stateOf(connection: Socket & NativeSocket): string | null {
  const inSystem = connection._handle?.writeQueueSize ?? 0;
  const waiting = connection.writableLength;
  return waiting + inSystem > 0 ? `${connection.bytesWritten - waiting} ${inSystem}` : null;
}

/** The event of a connection whose client has stopped to read. */
export const STALLED = 'stalled';

const CHECKS = 6;

interface Progress {
  state: string;
  since: number;
}

/** Bytes that Node has given to the system and that have not left: what Node's own time limit of a socket looks at. */
interface NativeSocket {
  _handle?: { writeQueueSize?: number } | null;
}
