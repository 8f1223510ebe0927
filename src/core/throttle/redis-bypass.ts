import type { Redis } from 'ioredis';

/**
 * Runs commands on Redis, and something else instead while Redis is unavailable. After a command that failed or was not
 * answered in time, Redis is passed by for a while: a Redis that hangs costs one caller its time limit, not each.
 */
export class RedisBypass {
  readonly client: Redis;
  readonly #onError: (error: unknown) => void;
  #until = 0;

  /** `onError` gets the first error of each bypass. */
  constructor(client: Redis, onError: (error: unknown) => void) {
    this.client = client;
    this.#onError = onError;
  }

  async run<T>(onRedis: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
    if (this.client.status !== 'ready' || Date.now() < this.#until) return instead();
    try {
      return await onRedis();
    } catch (error) {
      if (Date.now() >= this.#until) this.#onError(error);
      this.#until = Date.now() + BYPASS_MS;
      return instead();
    }
  }
}

const BYPASS_MS = 10_000;
