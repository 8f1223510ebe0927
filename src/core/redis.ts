import type { Redis } from 'ioredis';

/**
 * A connection to Redis that comes back by itself and keeps nothing for later: a command that cannot be sent or
 * answered soon fails, and is not sent again. Whoever makes it closes it, and reports its outages.
 */
export interface RedisConnection {
  readonly redis: Redis;
  /** Sends a command whose loss is no failure. Resolves when it has been answered or has failed; never rejects. */
  attempt(command: (redis: Redis) => Promise<unknown>): Promise<void>;
  /** Lets what was sent arrive, then disconnects; at once while Redis is away. */
  close(): Promise<void>;
}
