import type { RedisBypass } from '../throttle/redis-bypass.ts';
import { type Count, SharedCounter } from '../throttle/shared-counter.ts';
import type { Decision, RateLimit } from './rate-limit.ts';

/**
 * Allows each key `max` operations a minute. The minute of a key begins with its first operation and has a fixed end;
 * what is refused counts too, and moves no end. Counted over all processes, in memory while Redis is away.
 *
 * While a key is known to have used at most half, one of its counts at a time is sent to Redis and not waited for: a caller
 * far from the limit pays no round trip. Each process is ahead of Redis by one count at most, and only where the others
 * would have to use up the other half within the time of an answer for it to matter.
 *
 * @example
 * const limit = new WindowLimit({ name: 'searches', max: 100, redis });
 * const { isAllowed, waitMs } = await limit.take(userId, 1);
 */
export class WindowLimit implements RateLimit {
  readonly max: number;
  readonly #counter: SharedCounter;
  /** Keys with a count that Redis has not answered and nobody waits for. */
  readonly #ahead = new Set<string>();

  constructor({ name, max, redis }: WindowLimitOptions) {
    this.max = max;
    this.#counter = new SharedCounter({ name, seconds: WINDOW_SECONDS, redis });
  }

  async take(key: string, cost: number): Promise<Decision> {
    if (await this.#isFarFromLimit(key, cost)) {
      this.#countAhead(key, cost);
      return { isAllowed: true, waitMs: 0 };
    }
    const { count, msLeft } = await this.#counter.add(key, cost);
    const isAllowed = count <= this.max;
    return { isAllowed, waitMs: isAllowed ? 0 : msLeft };
  }

  async #isFarFromLimit(key: string, cost: number): Promise<boolean> {
    const known = await this.#counter.lastKnown(key);
    return known !== null && known.count + cost <= this.max / 2 && !this.#ahead.has(key);
  }

  #countAhead(key: string, cost: number): void {
    this.#ahead.add(key);
    const ended = () => void this.#ahead.delete(key);
    this.#counter.add(key, cost).then(ended, ended); // what fails in Redis is counted in memory
  }

  /** What a key has done in its minute, and the time to its end. */
  read(key: string): Promise<Count> {
    return this.#counter.read(key);
  }

  clear(key: string): Promise<void> {
    return this.#counter.clear(key);
  }
}

const WINDOW_SECONDS = 60;

interface WindowLimitOptions {
  /** Part of the keys in Redis. */
  name: string;
  /** Operations of a key in one minute. */
  max: number;
  /** Null: this process counts alone. */
  redis: RedisBypass | null;
}
