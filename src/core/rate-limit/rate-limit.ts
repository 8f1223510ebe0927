/** A limit of what each key may do in a time. */
export interface RateLimit {
  /** Counts `cost` operations of a key. They are allowed together or not at all. */
  take(key: string, cost: number): Promise<Decision>;
}

export interface Decision {
  isAllowed: boolean;
  /** The time after which the same operations may be allowed. 0 when they are allowed now. Infinity: never. */
  waitMs: number;
}

export interface BucketSize {
  /** The tokens of a full bucket: the largest burst. */
  capacity: number;
  /** The tokens that come back in a minute. */
  perMinute: number;
}
