import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { digest, MAX_KEYS_IN_MEMORY, overflowName } from './caller-key.ts';
import type { RedisBypass } from './redis-bypass.ts';

/**
 * Counts per key, each key for a fixed time from its first count. The counts are shared through Redis, and kept in memory
 * without Redis or while it does not answer. The memory holds a limited number of keys: further keys share buckets,
 * so that a flood of keys can neither fill the memory nor escape the count.
 *
 * @example
 * const failures = new SharedCounter({ name: 'login', seconds: 3600, redis });
 * const { count, msLeft } = await failures.add('ann@example.com');
 */
export class SharedCounter {
  readonly #options: SharedCounterOptions;
  readonly #shared: RateLimiterAbstract | null;
  readonly #local: RateLimiterMemory;
  readonly #localKeys: BoundedKeys;

  constructor(options: SharedCounterOptions) {
    const { name, seconds, redis, maxKeysInMemory = MAX_KEYS_IN_MEMORY } = options;
    // The limits are those of the caller: the library only counts.
    const common = {
      keyPrefix: COUNTER_KEYS + name,
      points: Number.MAX_SAFE_INTEGER,
      duration: seconds,
    };
    this.#options = options;
    this.#shared = redis && new RateLimiterRedis({ ...common, storeClient: redis.client });
    this.#local = new RateLimiterMemory(common);
    this.#localKeys = new BoundedKeys(maxKeysInMemory, seconds * 1000);
  }

  /** Counts so many more. */
  async add(key: string, times = 1): Promise<Count> {
    return countOf(
      await this.#run(key, 'WRITE', async (counter, name) => {
        const result = await counter.penalty(name, times);
        if (counter === this.#shared) await this.#remember(name, result);
        return result;
      }),
    );
  }

  /** The count in Redis when it last answered this process; null when that is not known, and without Redis. */
  async lastKnown(key: string): Promise<Count | null> {
    const name = digest(key);
    if (!this.#shared || this.#localKeys.nameOf(name, 'READ') !== name) return null;
    const result = await this.#local.get(name);
    return result && countOf(result);
  }

  async read(key: string): Promise<Count> {
    return countOf(await this.#run(key, 'READ', (counter, name) => counter.get(name)));
  }

  /** Sets the count to 1 for this time. */
  async hold(key: string, seconds: number): Promise<void> {
    await this.#run(key, 'WRITE', async (counter, name) => {
      await counter.set(name, 1, seconds);
      if (counter === this.#shared)
        await this.#remember(name, { consumedPoints: 1, msBeforeNext: seconds * 1000 });
    });
  }

  /** Keys that share a count keep it. */
  async clear(key: string): Promise<void> {
    const own = digest(key);
    await this.#run(key, 'READ', async (counter, name) => name === own && counter.delete(name));
    if (this.#localKeys.nameOf(own, 'READ') === own) await this.#local.delete(own);
  }

  /** So that the count goes on from there when Redis does not answer. A time of 0 would never end. */
  async #remember(name: string, { consumedPoints, msBeforeNext }: Remaining): Promise<void> {
    if (msBeforeNext <= 0) return;
    if (this.#localKeys.nameOf(name, 'WRITE') === name)
      await this.#local.set(name, consumedPoints, msBeforeNext / 1000);
  }

  async #run<T>(
    key: string,
    access: 'READ' | 'WRITE',
    act: (counter: RateLimiterAbstract, name: string) => Promise<T>,
  ): Promise<T> {
    const name = digest(key);
    const locally = () => act(this.#local, this.#localKeys.nameOf(name, access));
    const { redis } = this.#options;
    if (!redis || !this.#shared) return locally();
    const shared = this.#shared;
    return redis.run(() => act(shared, name), locally);
  }
}

/** Gives at most `max` keys a name of their own at the same time; the others share names. */
class BoundedKeys {
  readonly #max: number;
  readonly #lifetimeMs: number;
  /** The end of each key. All live equally long, so the first is the oldest. */
  readonly #ends = new Map<string, number>();

  constructor(max: number, lifetimeMs: number) {
    this.#max = max;
    this.#lifetimeMs = lifetimeMs;
  }

  /** A key that is only read takes no place. */
  nameOf(key: string, access: 'READ' | 'WRITE'): string {
    const now = Date.now();
    for (const [oldest, end] of this.#ends) {
      if (end > now) break;
      this.#ends.delete(oldest);
    }
    if (this.#ends.has(key)) return key;
    if (this.#ends.size >= this.#max) return overflowName(key);
    if (access === 'WRITE') this.#ends.set(key, now + this.#lifetimeMs);
    return key;
  }
}

/** What the keys in Redis begin with; the name of the counter follows. */
export const COUNTER_KEYS = 'agentforge:throttle:';

type Remaining = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>;

function countOf(result: Remaining | null): Count {
  return { count: result?.consumedPoints ?? 0, msLeft: Math.max(result?.msBeforeNext ?? 0, 0) };
}

export interface Count {
  count: number;
  /** Time until the count is 0 again. */
  msLeft: number;
}

export interface SharedCounterOptions {
  /** Part of the keys in Redis. */
  name: string;
  /** How long a count lives. */
  seconds: number;
  /** Null: counts in memory. */
  redis: RedisBypass | null;
  maxKeysInMemory?: number;
}
