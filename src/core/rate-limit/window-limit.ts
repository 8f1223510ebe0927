import type { RedisBypass } from '../throttle/redis-bypass.ts';
import { type Count, SharedCounter } from '../throttle/shared-counter.ts';
import type { Decision, RateLimit } from './rate-limit.ts';

/**
 * Allows each key `max` operations a minute. The minute of a key begins with its first operation and has a fixed end;
 * what is refused counts too, and moves no end. Counted over all processes, in memory while Redis is away.
 *
 * @example
 * const limit = new WindowLimit({ name: 'searches', max: 100, redis });
 * const { isAllowed, waitMs } = await limit.take(userId, 1);
 */
export class WindowLimit implements RateLimit {
  readonly max: number;
  readonly #counter: SharedCounter;

  constructor({ name, max, redis }: WindowLimitOptions) {
    this.max = max;
    this.#counter = new SharedCounter({ name, seconds: WINDOW_SECONDS, redis });
  }

  async take(key: string, cost: number): Promise<Decision> {
    const { count, msLeft } = await this.#counter.add(key, cost);
    const isAllowed = count <= this.max;
    return { isAllowed, waitMs: isAllowed ? 0 : msLeft };
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
