import { Redis } from 'ioredis';
import type { RedisConnection } from '../core/redis.ts';

/** Connects in the background. Calls `onError` with the first error of each outage. */
export function connectRedis(url: string, onError: (error: unknown) => void): RedisConnection {
  return new ReconnectingRedis(url, onError);
}

class ReconnectingRedis implements RedisConnection {
  readonly redis: Redis;
  readonly #onError: (error: unknown) => void;
  #isReported = false;

  constructor(url: string, onError: (error: unknown) => void) {
    this.#onError = onError;
    this.redis = new Redis(url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: null,
      commandTimeout: ANSWER_MS,
      // A connection that does not answer is closed, and its pending commands fail.
      socketTimeout: SILENCE_MS,
      connectTimeout: SILENCE_MS,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_PAUSE_MS),
    });
    this.redis.on('error', (error) => this.#report(error));
  }

  async attempt(command: (redis: Redis) => Promise<unknown>): Promise<void> {
    try {
      await command(this.redis);
      this.#isReported = false;
    } catch (error) {
      if (this.redis.status === 'ready') this.#report(error); // otherwise the connection has reported the cause
    }
  }

  async close(): Promise<void> {
    await this.attempt((redis) => redis.quit());
    this.redis.disconnect();
  }

  #report(error: unknown): void {
    if (!this.#isReported) this.#onError(error);
    this.#isReported = true;
  }
}

const ANSWER_MS = 500;
const SILENCE_MS = 1_000;
const MAX_RECONNECT_PAUSE_MS = 2_000;
