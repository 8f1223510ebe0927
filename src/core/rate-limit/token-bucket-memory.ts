import { MAX_KEYS_IN_MEMORY, overflowName } from '../throttle/caller-key.ts';
import type { BucketSize, Decision, RateLimit } from './rate-limit.ts';

/**
 * Token buckets of this process. Their number is limited: further keys share buckets, so that a flood of keys can
 * neither fill the memory nor escape the limit.
 */
export class MemoryTokenBucket implements RateLimit {
  readonly #size: BucketSize;
  readonly #maxKeys: number;
  /** The buckets that are not full, the longest untouched first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ maxKeys = MAX_KEYS_IN_MEMORY, ...size }: BucketSize & { maxKeys?: number }) {
    this.#size = size;
    this.#maxKeys = maxKeys;
  }

  async take(key: string, cost: number): Promise<Decision> {
    const { capacity } = this.#size;
    const now = performance.now();
    this.#dropFull(now);
    const name = this.#nameOf(key);
    const tokens = this.#tokensOf(this.#buckets.get(name), now);
    const missing = cost - tokens;
    if (cost > capacity) return { isAllowed: false, waitMs: Infinity };
    if (missing > TOLERANCE)
      return { isAllowed: false, waitMs: Math.max(Math.ceil(missing / this.#perMs), 1) };
    this.#buckets.delete(name); // moves it to the end
    this.#buckets.set(name, { tokens: Math.max(tokens - cost, 0), at: now });
    return { isAllowed: true, waitMs: 0 };
  }

  /** Sets what a bucket holds now, unless it shares it with other keys. */
  remember(key: string, tokens: number): void {
    const now = performance.now();
    this.#dropFull(now);
    if (this.#nameOf(key) !== key) return;
    this.#buckets.delete(key);
    if (tokens < this.#size.capacity) this.#buckets.set(key, { tokens, at: now });
  }

  get #perMs(): number {
    return this.#size.perMinute / 60_000;
  }

  #tokensOf(bucket: Bucket | undefined, now: number): number {
    const { capacity } = this.#size;
    return bucket ? Math.min(bucket.tokens + (now - bucket.at) * this.#perMs, capacity) : capacity;
  }

  /** A full bucket is the same as none. One that was touched later may be full earlier: it is dropped a little late. */
  #dropFull(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (this.#tokensOf(bucket, now) < this.#size.capacity) break;
      this.#buckets.delete(name);
    }
  }

  #nameOf(key: string): string {
    if (this.#buckets.has(key) || this.#buckets.size < this.#maxKeys) return key;
    return overflowName(key);
  }
}

/** For the rounding of fractions of tokens. */
const TOLERANCE = 1e-6;

interface Bucket {
  tokens: number;
  /** On the clock of `performance.now()`, which no correction of the time moves. */
  at: number;
}
