import type { Sql } from '../sql.ts';
import { accountsToSweep, openAccounts, renewHolds } from './holds.ts';

/**
 * The reservations that this process holds. Renews all their holds with one statement per interval, and then applies
 * the holds that settled calls and terminated processes have left behind. Runs a timer only while it has reservations.
 */
export class HeldReservations {
  readonly #options: HeldReservationsOptions;
  readonly #held = new Map<string, { lost: AbortController; holds: number }>();
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(options: HeldReservationsOptions) {
    this.#options = options;
  }

  /** Starts to renew a reservation with this number of holds. The signal aborts when one of them is lost. */
  add(id: string, holds: number): AbortSignal {
    const lost = new AbortController();
    this.#held.set(id, { lost, holds });
    this.#timer ??= setInterval(() => void this.#renew(), this.#options.renewEveryMs).unref();
    return lost.signal;
  }

  /** Stops renewing a reservation. */
  remove(id: string): void {
    this.#held.delete(id);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Stops renewing all reservations and returns their ids. */
  removeAll(): string[] {
    const ids = [...this.#held.keys()];
    ids.forEach((id) => this.remove(id));
    return ids;
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const { sql, transact, holdMs, onError } = this.#options;
    const renewing = [...this.#held];
    const ids = renewing.map(([id]) => id);
    try {
      const left = await renewHolds(sql, ids, holdMs);
      for (const [id, { lost, holds }] of renewing) {
        if (!this.#held.has(id) || left.get(id) === holds) continue;
        this.remove(id);
        lost.abort(new ReservationLostError(id));
      }
      const expiredForMs = holdMs * SWEEP_AFTER_HOLDS;
      const accountIds = await accountsToSweep(sql, expiredForMs);
      if (accountIds.length > 0) await transact((tx) => openAccounts(tx, accountIds, { expiredForMs }));
    } catch (error) {
      onError(error);
    } finally {
      this.#renewing = false;
    }
  }
}

/** The reason with which `Reservation.lost` aborts. */
export class ReservationLostError extends Error {
  constructor(id: string) {
    super(`reservation ${id} expired and its amount was reserved by others`);
    this.name = 'ReservationLostError';
  }
}

/** An expired hold that nobody else needs stays renewable for this many times its length, e.g. through an outage. */
const SWEEP_AFTER_HOLDS = 10;

export interface HeldReservationsOptions {
  /** A pool: each statement is its own transaction. */
  sql: Sql;
  /** Runs a short READ COMMITTED transaction. */
  transact: <T>(work: (tx: Sql) => Promise<T>) => Promise<T>;
  /** How long a hold lasts without renewal. */
  holdMs: number;
  renewEveryMs: number;
  /** Called with failed renewals and clean-ups, which the next interval retries. */
  onError: (error: unknown) => void;
}
