import type { Redis } from 'ioredis';

/**
 * Runs commands on Redis, and something else instead while Redis is unavailable. No caller waits longer than 40 ms for
 * an answer. While an answer is late, commands are sent and not waited for; after one that failed, Redis is passed by for
 * 10 seconds. So a Redis that hangs delays the callers of one moment, not each, and one that was busy misses no command.
 */
export class RedisBypass {
  readonly client: Redis;
  readonly #onError: (error: unknown) => void;
  #until = 0;
  /** Answers that are late and have not arrived. */
  #late = 0;

  /** `onError` gets the first error of each bypass. */
  constructor(client: Redis, onError: (error: unknown) => void) {
    this.client = client;
    this.#onError = onError;
  }

  async run<T>(onRedis: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
    if (this.client.status !== 'ready' || Date.now() < this.#until) return instead();
    const answer = onRedis();
    if (this.#late > 0) {
      answer.catch(() => {}); // the late answer tells whether Redis has failed
      return instead();
    }
    try {
      return await inTime(answer);
    } catch (error) {
      if (error instanceof LateError) this.#waitFor(answer);
      else this.#passBy(error);
      return instead();
    }
  }

  #waitFor(answer: Promise<unknown>): void {
    this.#late += 1;
    answer.catch((error: unknown) => this.#passBy(error)).finally(() => (this.#late -= 1));
  }

  #passBy(error: unknown): void {
    const isNew = Date.now() >= this.#until;
    this.#until = Date.now() + BYPASS_MS;
    if (isNew) this.#onError(error);
  }
}

/**
 * Rejects when there is no answer in time. One that has arrived while this process was busy is read first, so that load
 * on this process does not look like a Redis that hangs.
 */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new LateError());
    const timer = setTimeout(() => setImmediate(giveUp), ANSWER_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

class LateError extends Error {}

const ANSWER_MS = 40;
const BYPASS_MS = 10_000;
