import type { Redis } from 'ioredis';

/**
 * Runs commands on Redis, and something else instead while Redis is unavailable. After a command that failed or was not
 * answered within 40 ms, Redis is passed by for a while: a Redis that hangs delays the callers of one moment, not each.
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
      return await inTime(onRedis());
    } catch (error) {
      if (Date.now() >= this.#until) this.#onError(error);
      this.#until = Date.now() + BYPASS_MS;
      return instead();
    }
  }
}

/**
 * Rejects when there is no answer in time. One that has arrived while this process was busy is read first, so that load
 * on this process does not look like a Redis that hangs.
 */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`redis did not answer within ${ANSWER_MS} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), ANSWER_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const ANSWER_MS = 40;
const BYPASS_MS = 10_000;
