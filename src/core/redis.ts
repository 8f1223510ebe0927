import type { Redis } from 'ioredis';

/**
 * A connection to Redis that reconnects automatically and has no offline queue: a command that cannot be sent or
 * answered soon fails and is not retried. The code that opens the connection closes it and reports its outages.
 */
export interface RedisConnection {
  readonly redis: Redis;
  /** Sends a command that may be lost. Resolves when it has been answered or has failed; never rejects. */
  attempt(command: (redis: Redis) => Promise<unknown>): Promise<void>;
  /** Waits for sent commands, then disconnects. Disconnects immediately while Redis is unavailable. */
  close(): Promise<void>;
}
