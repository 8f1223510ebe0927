import { ConcurrencyLimit, QueueFullError } from '../../../core/async/concurrency-limit.ts';
import { addressKey } from '../../../core/network/address-key.ts';
import type { RedisBypass } from '../../../core/throttle/redis-bypass.ts';
import { SharedCounter } from '../../../core/throttle/shared-counter.ts';
import { AppError, RateLimitedError } from '../../../errors.ts';
import { type Allowance, GUESSES, REQUESTS, type ThrottledRequest } from './throttle-rules.ts';

/**
 * Throttles what can be tried without a session, per account and per client address, over all processes.
 *
 * Guesses at a password count when they fail. The first failures of an account are free; then each one locks the
 * account, for a time that doubles. While it is locked, the correct password is refused too, or the lock would protect
 * nothing. Its owner's sessions go on, and a reset of the password ends the lock.
 */
export class SignInThrottle {
  readonly #redis: RedisBypass | null;
  readonly #failures: SharedCounter;
  readonly #locks: SharedCounter;
  readonly #addressFailures: SharedCounter;
  readonly #requests = new Map<string, SharedCounter>();
  /** An attempt that starts before the failures of others are counted is a free guess: few run at the same time. */
  readonly #attempts = new ConcurrencyLimit({ maxRunning: 4, maxQueued: 200 });

  /** `redis`: null without Redis; then this process counts alone. */
  constructor({ redis }: { redis: RedisBypass | null }) {
    const { account, address } = GUESSES;
    this.#redis = redis;
    this.#failures = new SharedCounter({ name: 'failures', seconds: account.memorySeconds, redis });
    this.#locks = new SharedCounter({ name: 'locks', seconds: account.maxLockSeconds, redis });
    this.#addressFailures = new SharedCounter({ name: 'address', seconds: address.seconds, redis });
  }

  /**
   * Runs an attempt to guess the password of an account. It returns null when the guess was wrong.
   * Errors: RateLimitedError before the attempt; SERVICE_UNAVAILABLE when too many wait; those of the attempt.
   */
  async guess<T>({ account, address }: Guess, attempt: () => Promise<T | null>): Promise<T | null> {
    const from = addressKey(address);
    await this.#assertNotHeld(account, from);
    return this.#enter(async () => {
      await this.#assertNotHeld(account, from);
      const result = await attempt();
      if (result === null)
        await Promise.all([this.#lockAfterFailure(account), this.#addressFailures.add(from)]);
      else await this.#failures.clear(account);
      return result;
    });
  }

  /**
   * Counts a request of the address, and of the account if it names one.
   * Errors: RateLimitedError when there were too many.
   */
  async take(
    request: ThrottledRequest,
    { account, address }: { account?: string; address: string },
  ): Promise<void> {
    const rules = REQUESTS[request];
    await this.#count(`${request}:address`, rules.address, addressKey(address));
    if (account !== undefined && rules.account)
      await this.#count(`${request}:account`, rules.account, account);
  }

  /** Ends the lock of an account, whose owner has proved themselves in another way. */
  async unlock(account: string): Promise<void> {
    await Promise.all([this.#failures.clear(account), this.#locks.clear(account)]);
  }

  async #enter<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await this.#attempts.run(attempt);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      throw new AppError('SERVICE_UNAVAILABLE', 'Too many sign-ins at the same time. Try again in a moment.');
    }
  }

  async #assertNotHeld(account: string, from: string): Promise<void> {
    const [lock, failures] = await Promise.all([this.#locks.read(account), this.#addressFailures.read(from)]);
    const isHeld = failures.count >= GUESSES.address.max;
    const waitMs = Math.max(lock.count > 0 ? lock.msLeft : 0, isHeld ? failures.msLeft : 0);
    if (waitMs > 0) throw new RateLimitedError('failed attempts', waitMs);
  }

  async #lockAfterFailure(account: string): Promise<void> {
    const { free, firstLockSeconds, maxLockSeconds } = GUESSES.account;
    const { count } = await this.#failures.add(account);
    if (count < free) return;
    await this.#locks.hold(account, Math.min(firstLockSeconds * 2 ** (count - free), maxLockSeconds));
  }

  async #count(name: string, { max, seconds }: Allowance, key: string): Promise<void> {
    const counter = this.#requests.get(name) ?? new SharedCounter({ name, seconds, redis: this.#redis });
    this.#requests.set(name, counter);
    const { count, msLeft } = await counter.add(key);
    if (count > max) throw new RateLimitedError('requests', msLeft);
  }
}

interface Guess {
  /** What the password is for: the e-mail address in lower case at a sign-in, the user's id within a session. */
  account: string;
  /** IP address of the client. */
  address: string;
}

declare module '../../../kernel/context.ts' {
  interface Services {
    throttle: SignInThrottle;
  }
}
