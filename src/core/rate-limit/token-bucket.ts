import type { RedisBypass } from '../throttle/redis-bypass.ts';
import { digest } from '../throttle/caller-key.ts';
import type { BucketSize, Decision, RateLimit } from './rate-limit.ts';
import { MemoryTokenBucket } from './token-bucket-memory.ts';
import { RedisTokenBucket } from './token-bucket-redis.ts';

/**
 * Gives each key a bucket of `capacity` tokens, which fills up again by `perMinute`: a burst is allowed, and then a
 * steady rate. Shared by all processes through Redis. While Redis is away, each process goes on from what it knows.
 *
 * @example
 * const bucket = new TokenBucket({ name: 'runs', capacity: 30, perMinute: 20, redis });
 * const { isAllowed, waitMs } = await bucket.take(userId, 1);
 */
export class TokenBucket implements RateLimit {
  readonly #redis: RedisBypass | null;
  readonly #shared: RedisTokenBucket | null;
  readonly #local: MemoryTokenBucket;

  constructor({ name, redis, ...size }: TokenBucketOptions) {
    this.#redis = redis;
    this.#shared = redis && new RedisTokenBucket({ ...size, name, client: redis.client });
    this.#local = new MemoryTokenBucket(size);
  }

  async take(key: string, cost: number): Promise<Decision> {
    const name = digest(key);
    const [redis, shared] = [this.#redis, this.#shared];
    const locally = () => this.#local.take(name, cost);
    if (!redis || !shared) return locally();
    return redis.run(async () => {
      const { tokens, ...decision } = await shared.take(name, cost);
      this.#local.remember(name, tokens); // the bucket goes on from there when Redis does not answer
      return decision;
    }, locally);
  }
}

export interface TokenBucketOptions extends BucketSize {
  /** Part of the keys in Redis. */
  name: string;
  /** Null: this process counts alone. */
  redis: RedisBypass | null;
}
