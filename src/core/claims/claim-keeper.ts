import { claim, release, renew } from './claims.ts';
import type { Sql } from '../sql.ts';

/**
 * Holds the claims of this process and renews them all with one statement per second.
 *
 * A claim is *held* from `claim()` until `release()`, or until it is *lost*: another process took it after its lease
 * expired, or the database was unreachable for so long that another process may have taken it. `signal` notifies the
 * holder of the loss; the log's fence rejects anything that the holder writes afterwards.
 */
export class ClaimKeeper {
  readonly #sql: Sql;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #renewEveryMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #held = new Map<string, HeldClaim>();
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(options: ClaimKeeperOptions) {
    this.#sql = options.sql;
    this.#holder = options.holder;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#renewEveryMs = options.renewEveryMs ?? 1_000;
    this.#onError = options.onError;
  }

  /** Claims `id`. Null when a process, including this one, already holds it. */
  async claim(id: string): Promise<Claim | null> {
    if (this.#held.has(id)) return null;
    const requestedAt = performance.now();
    const taken = await claim(this.#sql, id, this.#holder, this.#leaseMs);
    if (!taken || this.#held.has(id)) return null;
    const held: HeldClaim = { lost: new AbortController(), validUntil: requestedAt + this.#leaseMs };
    this.#held.set(id, held);
    this.#timer ??= setInterval(() => void this.#renew(), this.#renewEveryMs).unref();
    return { id, fence: taken.fence, signal: held.lost.signal, release: () => this.#release(id, held) };
  }

  async #release(id: string, held: HeldClaim): Promise<void> {
    if (this.#held.get(id) !== held) return;
    this.#forget(id);
    await release(this.#sql, id, this.#holder).catch(this.#onError);
  }

  /** Renews all claims with one statement. Claims that another process holds, or may hold, are reported as lost. */
  async #renew(): Promise<void> {
    this.#expire();
    if (this.#renewing || this.#held.size === 0) return;
    this.#renewing = true;
    const renewing = new Map(this.#held);
    const requestedAt = performance.now();
    try {
      const kept = await renew(this.#sql, this.#holder, [...renewing.keys()], this.#leaseMs);
      for (const [id, held] of renewing) {
        if (kept.has(id)) held.validUntil = requestedAt + this.#leaseMs;
        else this.#lose(id, held);
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#renewing = false;
    }
  }

  #expire(): void {
    for (const [id, held] of this.#held) if (performance.now() > held.validUntil) this.#lose(id, held);
  }

  #lose(id: string, held: HeldClaim): void {
    if (this.#held.get(id) !== held) return;
    this.#forget(id);
    const lost = new ClaimLostError(id);
    this.#onError(lost);
    held.lost.abort(lost);
  }

  #forget(id: string): void {
    this.#held.delete(id);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** The reason with which a claim's signal aborts. */
export class ClaimLostError extends Error {
  constructor(id: string) {
    super(`the claim on ${id} was lost`);
    this.name = 'ClaimLostError';
  }
}

export interface Claim {
  /** The log that the claim fences. */
  id: string;
  /** Must be passed with every write. */
  fence: number;
  /** Aborts with ClaimLostError when the claim is lost. */
  signal: AbortSignal;
  /** Releases the claim, so that any process can take it immediately. Never throws. */
  release(): Promise<void>;
}

export interface ClaimKeeperOptions {
  sql: Sql;
  /** Identifies this process. Never reused by another process. */
  holder: string;
  leaseMs?: number;
  renewEveryMs?: number;
  /** Called with database errors and lost claims. The keeper continues afterwards. */
  onError: (error: unknown) => void;
}

interface HeldClaim {
  lost: AbortController;
  /** By the monotonic clock of this process. Never later than the end of the lease in the database. */
  validUntil: number;
}
