import type { Redis, Result } from 'ioredis';
import type { BucketSize, Decision, RateLimit } from './rate-limit.ts';

/** Token buckets in Redis. Its clock counts, so that the clocks of the processes may differ. Errors: those of Redis. */
export class RedisTokenBucket implements RateLimit {
  readonly #options: RedisTokenBucketOptions;

  constructor(options: RedisTokenBucketOptions) {
    this.#options = options;
    options.client.defineCommand('takeTokens', { numberOfKeys: 1, lua: TAKE_TOKENS });
  }

  /** `tokens`: those that are left. */
  async take(key: string, cost: number): Promise<Decision & { tokens: number }> {
    const { client, name, capacity, perMinute } = this.#options;
    const redisKey = `${BUCKET_KEYS}${name}:${key}`;
    const [isTaken, waitMs, tokens] = await client.takeTokens(redisKey, capacity, perMinute, cost);
    return {
      isAllowed: isTaken === 1,
      waitMs: cost > capacity ? Infinity : waitMs,
      tokens: Number(tokens),
    };
  }
}

/** What the keys in Redis begin with; the name of the buckets follows. */
export const BUCKET_KEYS = 'agentforge:bucket:';

/**
 * A number in a reply would lose its fraction: the tokens are text. A bucket is stored as its tokens at a time, and until it would be full again: a full one is the same as none. The
 * tolerance is for the rounding of fractions of tokens.
 */
const TAKE_TOKENS = `
local capacity, per_ms, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) / 60000, tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(stored[1]) or capacity, tonumber(stored[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * per_ms)
local missing = cost - tokens
if cost > capacity or missing > 1e-6 then
  return { 0, math.max(1, math.ceil(missing / per_ms)), tostring(tokens) }
end
tokens = math.max(0, tokens - cost)
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / per_ms))
return { 1, 0, tostring(tokens) }
`;

interface RedisTokenBucketOptions extends BucketSize {
  name: string;
  client: Redis;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeTokens(
      key: string,
      capacity: number,
      perMinute: number,
      cost: number,
    ): Result<[isTaken: number, waitMs: number, tokens: string], Context>;
  }
}
