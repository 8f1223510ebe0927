import type { Authentication } from '../../access/authorize.ts';
import type { RateClass } from '../../access/permissions.ts';
import type { RateLimit } from '../../core/rate-limit/rate-limit.ts';
import { RequestStatistics } from '../../core/rate-limit/request-statistics.ts';
import type { Statistics } from '../../core/rate-limit/request-statistics-local.ts';
import { TokenBucket } from '../../core/rate-limit/token-bucket.ts';
import { WindowLimit } from '../../core/rate-limit/window-limit.ts';
import type { RedisBypass } from '../../core/throttle/redis-bypass.ts';
import { AppError, RateLimitedError } from '../../errors.ts';
import type { Context } from '../../kernel/context.ts';
import { addressKey } from '../../core/network/address-key.ts';

/**
 * Limits the operations of each caller by class, over all processes. A caller is a user, an API key, or the address of a
 * client that has not signed in.
 */
export class RateLimiter {
  readonly #default: WindowLimit | null;
  readonly #auth: WindowLimit | null;
  readonly #execution: TokenBucket | null;
  readonly #keyChecks: WindowLimit | null;
  /** All API keys of a user together. */
  readonly #keys: WindowLimit | null;
  readonly #burst: number;
  readonly #statistics: RequestStatistics;

  constructor({ redis, ...limits }: RateLimiterOptions) {
    const window = (name: string, max: number) =>
      max === 0 ? null : new WindowLimit({ name: WINDOWS + name, max, redis });
    const { executionsPerMinute: perMinute, executionBurst: capacity } = limits;
    this.#default = window('default', limits.requestsPerMinute);
    this.#auth = window('auth', limits.authRequestsPerMinute);
    this.#keyChecks = window('key-checks', limits.keyChecksPerMinute);
    this.#keys = window('keys', KEYS_TIMES * limits.requestsPerMinute);
    this.#execution =
      perMinute === 0 ? null : new TokenBucket({ name: 'executions', capacity, perMinute, redis });
    this.#burst = capacity;
    this.#statistics = new RequestStatistics({ redis });
  }

  /**
   * Counts one request with its operations, and refuses all of them if a class has too many: then it takes no tokens of
   * EXECUTION. Errors: RateLimitedError; BAD_USER_INPUT for more operations than a burst may ever have.
   */
  async take(caller: Caller, operations: ReadonlyMap<RateClass, number>): Promise<void> {
    const waits = await this.#countInWindows(caller, operations);
    const executions = operations.get('EXECUTION') ?? 0;
    if (executions > 0 && waits.length === 0) {
      const waitMs = await waitFor(this.#execution, userOrAddress(caller), executions);
      if (waitMs > 0) waits.push({ what: 'messages and runs', waitMs });
    }
    const [longest] = waits.toSorted((a, b) => b.waitMs - a.waitMs);
    const { viewer } = caller;
    if (viewer)
      this.#statistics.add({
        group: viewer.tenantId,
        user: viewer.userId,
        isBlocked: longest !== undefined,
      });
    if (longest?.waitMs === Infinity) {
      const most = `At most ${this.#burst} messages and runs are allowed in one request`;
      throw new AppError('BAD_USER_INPUT', `${most}. Send the others in further requests.`);
    }
    if (longest) throw new RateLimitedError(longest.what, longest.waitMs);
  }

  async #countInWindows(caller: Caller, operations: ReadonlyMap<RateClass, number>): Promise<Refusal[]> {
    const key = keyOf(caller);
    const counts = [
      { what: 'requests', limit: this.#default, key, cost: operations.get('DEFAULT') },
      { what: 'requests about sign-in', limit: this.#auth, key, cost: operations.get('AUTH') },
    ];
    const checks = operations.get('KEY_CHECK');
    const person = userOrAddress(caller);
    counts.push({ what: 'checks of provider keys', limit: this.#keyChecks, key: person, cost: checks });
    if (caller.viewer?.credential.kind === 'API_KEY') {
      const cost = [...operations.values()].reduce((sum, each) => sum + each, 0);
      counts.push({ what: 'requests of your API keys', limit: this.#keys, key: person, cost });
    }
    const waits = await Promise.all(
      counts.map(async ({ what, limit, key, cost }) => ({
        what,
        waitMs: cost ? await waitFor(limit, key, cost) : 0,
      })),
    );
    return waits.filter(({ waitMs }) => waitMs > 0);
  }

  /** The class DEFAULT of a caller. Null without a limit. */
  async read(caller: Caller): Promise<Allowance | null> {
    if (!this.#default) return null;
    const { max } = this.#default;
    const { count, msLeft } = await this.#default.read(keyOf(caller));
    return { max, remaining: Math.max(max - count, 0), msLeft };
  }

  /** Makes the minute of a caller begin again. */
  async clear(key: string): Promise<void> {
    await Promise.all(
      [this.#default, this.#auth, this.#keyChecks, this.#keys].map(async (window) => window?.clear(key)),
    );
  }

  /** The requests of a tenant's members. */
  statisticsOf(tenantId: string): Promise<Statistics> {
    return this.#statistics.read(tenantId);
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

/** An API key counts apart from its owner. */
function keyOf(caller: Caller): string {
  const credential = caller.viewer?.credential;
  return credential?.kind === 'API_KEY' ? apiKeyKey(credential.id) : userOrAddress(caller);
}

function userOrAddress({ viewer, client }: Caller): string {
  return viewer ? userKey(viewer.userId) : `address:${addressKey(client.address)}`;
}

/** 0 when it is allowed, or when there is no limit. */
async function waitFor(limit: RateLimit | null, key: string, cost: number): Promise<number> {
  const decision = await limit?.take(key, cost);
  return decision && !decision.isAllowed ? decision.waitMs : 0;
}

/** The keys of a user together may ask this many times as often as one. */
const KEYS_TIMES = 5;

/** What the names of the counters begin with. */
export const WINDOWS = 'requests-';

interface Refusal {
  /** What there were too many of. */
  what: string;
  waitMs: number;
}

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
  /** Operations of the class KEY_CHECK, of all credentials of a user together. */
  keyChecksPerMinute: number;
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
