import type { Authentication } from '../../access/authorize.ts';
import type { RateClass } from '../../access/permissions.ts';
import type { RateLimit } from '../../core/rate-limit/rate-limit.ts';
import { RequestStatistics } from '../../core/rate-limit/request-statistics.ts';
import type { Statistics } from '../../core/rate-limit/request-statistics-local.ts';
import { TokenBucket } from '../../core/rate-limit/token-bucket.ts';
import { WindowLimit } from '../../core/rate-limit/window-limit.ts';
import type { RedisBypass } from '../../core/throttle/redis-bypass.ts';
import { RateLimitedError } from '../../errors.ts';
import type { Context } from '../../kernel/context.ts';
import { addressKey } from '../../core/network/address-key.ts';

/**
 * Limits the operations of each caller by class, over all processes. A caller is a user, an API key, or the address of a
 * client that has not signed in. Messages and runs of an API key count for its owner.
 */
export class RateLimiter {
  readonly #default: WindowLimit | null;
  readonly #limits: Record<RateClass, RateLimit | null>;
  /** Of the class DEFAULT, by all API keys of a user together. */
  readonly #ofKeys: RateLimit | null;
  readonly #statistics: RequestStatistics;

  constructor({ redis, ...limits }: RateLimiterOptions) {
    const window = (name: string, max: number) => (max === 0 ? null : new WindowLimit({ name, max, redis }));
    const { executionsPerMinute: perMinute, executionBurst: capacity } = limits;
    this.#default = window(`${WINDOWS}default`, limits.requestsPerMinute);
    this.#limits = {
      DEFAULT: this.#default,
      AUTH: window(`${WINDOWS}auth`, limits.authRequestsPerMinute),
      EXECUTION: perMinute === 0 ? null : new TokenBucket({ name: 'executions', capacity, perMinute, redis }),
    };
    this.#ofKeys = window(`${WINDOWS}keys`, limits.requestsPerMinute * KEYS_AT_FULL_RATE);
    this.#statistics = new RequestStatistics({ redis });
  }

  /**
   * Counts one request with its operations, and refuses all of them if a class has too many. Errors: RateLimitedError.
   */
  async take(caller: Caller, operations: ReadonlyMap<RateClass, number>): Promise<void> {
    const counting = Array.from(operations).flatMap(([rateClass, cost]) =>
      this.#countersOf(rateClass, caller).map(async ([limit, key]) => {
        const decision = await limit?.take(key, cost);
        return decision && !decision.isAllowed ? { rateClass, waitMs: decision.waitMs } : null;
      }),
    );
    const refusals = (await Promise.all(counting)).filter((refusal) => refusal !== null);
    const [longest] = refusals.toSorted((a, b) => b.waitMs - a.waitMs);
    const { viewer } = caller;
    if (viewer)
      this.#statistics.add({
        group: viewer.tenantId,
        user: viewer.userId,
        isBlocked: longest !== undefined,
      });
    if (longest) throw new RateLimitedError(NAMES[longest.rateClass], longest.waitMs);
  }

  /** More API keys are no way to run more, nor to ask without end. */
  #countersOf(rateClass: RateClass, caller: Caller): [RateLimit | null, string][] {
    const { viewer } = caller;
    const limit = this.#limits[rateClass];
    if (viewer?.credential.kind !== 'API_KEY') return [[limit, keyOf(caller)]];
    const owner = userKey(viewer.userId);
    if (rateClass === 'EXECUTION') return [[limit, owner]];
    return [
      [limit, keyOf(caller)],
      ...(rateClass === 'DEFAULT' ? [[this.#ofKeys, owner] as [RateLimit | null, string]] : []),
    ];
  }

  /** The class DEFAULT of a caller. Null without a limit. */
  async read(caller: Caller): Promise<Allowance | null> {
    if (!this.#default) return null;
    const { max } = this.#default;
    const { count, msLeft } = await this.#default.read(keyOf(caller));
    return { max, remaining: Math.max(max - count, 0), msLeft };
  }

  /** The requests of a tenant's members. */
  statisticsOf(tenantId: string): Promise<Statistics> {
    return this.#statistics.read(tenantId);
  }

  /** Forgets what a caller has done. */
  async clear(key: string): Promise<void> {
    const limits = [...Object.values(this.#limits), this.#ofKeys];
    await Promise.all(limits.map(async (limit) => limit?.clear(key)));
  }

  close(): Promise<void> {
    return this.#statistics.close();
  }
}

/** The key of a user, for all sessions together. */
export function userKey(userId: string): string {
  return `user:${userId}`;
}

export function apiKeyKey(apiKeyId: string): string {
  return `key:${apiKeyId}`;
}

function keyOf({ viewer, client }: Caller): string {
  if (!viewer) return `address:${addressKey(client.address)}`;
  const { kind, id } = viewer.credential;
  return kind === 'API_KEY' ? apiKeyKey(id) : userKey(viewer.userId);
}

const NAMES: Record<RateClass, string> = {
  DEFAULT: 'requests',
  AUTH: 'requests about sign-in',
  EXECUTION: 'messages and runs',
};

/** How many of a user's API keys can use up their limits at the same time. */
const KEYS_AT_FULL_RATE = 5;

/** What the names of the counters begin with. */
export const WINDOWS = 'requests-';

export type Caller = Pick<Authentication, 'viewer'> & Pick<Context, 'client'>;

export interface Allowance {
  max: number;
  remaining: number;
  /** Time until all of it is available again. */
  msLeft: number;
}

/** Limits of each caller; 0: no limit. */
export interface RateLimits {
  /** Operations of the class DEFAULT. */
  requestsPerMinute: number;
  /** Operations of the class AUTH. */
  authRequestsPerMinute: number;
  /** Operations of the class EXECUTION in the long run, after a burst. */
  executionsPerMinute: number;
  executionBurst: number;
}

interface RateLimiterOptions extends RateLimits {
  /** Null without Redis; then this process counts alone. */
  redis: RedisBypass | null;
}

declare module '../../kernel/context.ts' {
  interface Services {
    rateLimiter: RateLimiter;
  }
}
