import { LRUCache } from 'lru-cache';
import { ModelError, type ModelErrorCode } from './language-model.ts';

/**
 * Spares a provider, and those who wait for it, the calls that would fail. Each way of calling a provider has a breaker
 * of its own, the provider together with the key, so that one customer's bad key never opens it for others.
 *
 *   closed     calls go through; failures in a row are counted
 *   open       after so many failures: calls are not made for a while
 *   half open  after that: one call is made. If it fails, the breaker is open again; if not, closed
 */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #openMs: number;
  readonly #now: () => number;
  #failures = 0;
  #openUntil = 0;
  #last: ModelError | undefined;

  constructor({
    failuresToOpen = 5,
    openMs = 30_000,
    now = () => performance.now(),
  }: CircuitBreakerOptions = {}) {
    this.#failuresToOpen = failuresToOpen;
    this.#openMs = openMs;
    this.#now = now;
  }

  /** The last failure, with the time until the next call may be made. Null when one may be made now. */
  get refusal(): ModelError | null {
    const waitMs = Math.ceil(this.#openUntil - this.#now());
    if (!this.#last || this.#failures < this.#failuresToOpen || waitMs <= 0) return null;
    const { code, message, retryable } = this.#last;
    const seconds = Math.ceil(waitMs / 1_000);
    const words = `${message} It has failed ${this.#failures} times in a row; the next call is made in ${seconds} s.`;
    return new ModelError(code, words, { retryable, retryAfterMs: waitMs });
  }

  /** Call it when a call begins: the first one of a half-open breaker keeps the others away. */
  begin(): void {
    if (this.#failures >= this.#failuresToOpen) this.#openUntil = this.#now() + this.#openMs;
  }

  /** Call it when a call has ended, with its error if it failed. What says nothing about the provider changes nothing. */
  end(error?: unknown): void {
    if (error === undefined || (error instanceof ModelError && !FAILURES.has(error.code))) {
      this.#failures = 0;
    } else if (error instanceof ModelError) {
      this.#failures += 1;
      this.#last = error;
      if (this.#failures >= this.#failuresToOpen) this.#openUntil = this.#now() + this.#openMs;
    }
  }
}

/** The breakers of one process. Those that were not used for longest are forgotten, which closes them. */
export class CircuitBreakers {
  readonly #options: CircuitBreakerOptions;
  readonly #breakers = new LRUCache<string, CircuitBreaker>({ max: MAX_BREAKERS });

  constructor(options: CircuitBreakerOptions = {}) {
    this.#options = options;
  }

  of(name: string): CircuitBreaker {
    const known = this.#breakers.get(name);
    if (known) return known;
    const breaker = new CircuitBreaker(this.#options);
    this.#breakers.set(name, breaker);
    return breaker;
  }
}

/** The others are about the request: the provider has answered it. */
const FAILURES: ReadonlySet<ModelErrorCode> = new Set([
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TRUNCATED',
  'TIMEOUT',
  'AUTH',
]);
const MAX_BREAKERS = 1_000;

export interface CircuitBreakerOptions {
  /** Infinity: never. */
  failuresToOpen?: number;
  openMs?: number;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
}
