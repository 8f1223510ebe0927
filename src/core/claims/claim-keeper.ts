import { claim, release, renew } from './claims.ts';
import type { Sql } from '../sql.ts';

/**
 * Holds this process's claims and keeps them alive: one statement a second renews them all.
 *
 * A claim is *held* from `claim()` until `release()`, or until it is *lost*: another process took it after the
 * lease had run out, or the database could not be reached for so long that it may have. The holder learns of
 * the loss by `signal`; whatever it still writes is refused by the log's fence.
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

  /** Claims `id` when nobody holds it (this process included); else null. */
  async claim(id: string): Promise<Claim | null> {
    if (this.#held.has(id)) return null;
    const askedAt = performance.now();
    const taken = await claim(this.#sql, id, this.#holder, this.#leaseMs);
    if (!taken || this.#held.has(id)) return null;
    const held: HeldClaim = { lost: new AbortController(), goodUntil: askedAt + this.#leaseMs };
    this.#held.set(id, held);
    this.#timer ??= setInterval(() => void this.#renew(), this.#renewEveryMs).unref();
    return { id, fence: taken.fence, signal: held.lost.signal, release: () => this.#release(id, held) };
  }

  async #release(id: string, held: HeldClaim): Promise<void> {
    if (this.#held.get(id) !== held) return;
    this.#forget(id);
    await release(this.#sql, id, this.#holder).catch(this.#onError);
  }

  /** One statement for all claims; those that are no longer ours, or that may not be, are reported lost. */
  async #renew(): Promise<void> {
    this.#expire();
    if (this.#renewing || this.#held.size === 0) return;
    this.#renewing = true;
    const renewing = new Map(this.#held);
    const askedAt = performance.now();
    try {
      const kept = await renew(this.#sql, this.#holder, [...renewing.keys()], this.#leaseMs);
      for (const [id, held] of renewing) {
        if (kept.has(id)) held.goodUntil = askedAt + this.#leaseMs;
        else this.#lose(id, held);
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#renewing = false;
    }
  }

  #expire(): void {
    for (const [id, held] of this.#held) if (performance.now() > held.goodUntil) this.#lose(id, held);
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

/** Why a claim's signal aborts. */
export class ClaimLostError extends Error {
  constructor(id: string) {
    super(`the claim on ${id} was lost`);
    this.name = 'ClaimLostError';
  }
}

export interface Claim {
  /** The log that the claim fences. */
  id: string;
  /** To be carried by every write. */
  fence: number;
  /** Aborts with ClaimLostError when the claim is lost. */
  signal: AbortSignal;
  /** Gives the claim back, so that anyone may take it at once. Never throws. */
  release(): Promise<void>;
}

export interface ClaimKeeperOptions {
  sql: Sql;
  /** Names this process; unique among all processes, ever. */
  holder: string;
  leaseMs?: number;
  renewEveryMs?: number;
  /** Told of database errors and of lost claims, after which the keeper goes on. */
  onError: (error: unknown) => void;
}

interface HeldClaim {
  lost: AbortController;
  /** By this process's monotonic clock; never later than the lease in the database. */
  goodUntil: number;
}
