import { setImmediate as immediate } from 'node:timers/promises';
import type { RedisBypass } from '../throttle/redis-bypass.ts';
import { type Count, SharedCounter } from '../throttle/shared-counter.ts';
import type { Decision, RateLimit } from './rate-limit.ts';

/**
 * Allows each key `max` operations a minute. The minute of a key begins with its first operation and has a fixed end;
 * what is refused counts too, and moves no end. Counted over all processes, in memory while Redis is away.
 *
 * While a key is known to have used at most half, its counts are sent to Redis a moment later and not waited for: a caller
 * far from the limit pays no round trip. A process is ahead of Redis by one count or by 1 % of the limit, not more, and
 * even that matters only when others use up the other half before Redis answers.
 *
 * @example
 * const limit = new WindowLimit({ name: 'searches', max: 100, redis });
 * const { isAllowed, waitMs } = await limit.take(userId, 1);
 */
export class WindowLimit implements RateLimit {
  readonly max: number;
  readonly #counter: SharedCounter;
  /** What each key has counted that Redis has not answered and nobody waits for. */
  readonly #ahead = new Map<string, number>();

  constructor({ name, max, redis }: WindowLimitOptions) {
    this.max = max;
    this.#counter = new SharedCounter({ name, seconds: WINDOW_SECONDS, redis });
  }

  async take(key: string, cost: number): Promise<Decision> {
    const known = await this.#counter.lastKnown(key);
    if (known && known.count + cost <= this.max / 2 && this.#mayGoAhead(key, cost)) {
      this.#countAhead(key, cost);
      return { isAllowed: true, waitMs: 0 };
    }
    const { count, msLeft } = await this.#counter.add(key, cost);
    const isAllowed = count <= this.max;
    return { isAllowed, waitMs: isAllowed ? 0 : msLeft };
  }

  #mayGoAhead(key: string, cost: number): boolean {
    const ahead = this.#ahead.get(key) ?? 0;
    return ahead === 0 || ahead + cost <= this.max * MAX_SHARE_AHEAD;
  }

  #countAhead(key: string, cost: number): void {
    this.#changeAhead(key, cost);
    const ended = () => this.#changeAhead(key, -cost);
    // Then a request with little to do has been answered. What fails in Redis is counted in memory.
    setImmediate(() => void this.#counter.add(key, cost).then(ended, ended));
  }

  #changeAhead(key: string, by: number): void {
    const ahead = (this.#ahead.get(key) ?? 0) + by;
    if (ahead > 0) this.#ahead.set(key, ahead);
    else this.#ahead.delete(key);
  }

  /** What a key has done in its minute, and the time to its end. */
  async read(key: string): Promise<Count> {
    await immediate(); // what was counted before has been sent
    return this.#counter.read(key);
  }

  clear(key: string): Promise<void> {
    return this.#counter.clear(key);
  }
}

const WINDOW_SECONDS = 60;
const MAX_SHARE_AHEAD = 0.01;

interface WindowLimitOptions {
  /** Part of the keys in Redis. */
  name: string;
  /** Operations of a key in one minute. */
  max: number;
  /** Null: this process counts alone. */
  redis: RedisBypass | null;
}
