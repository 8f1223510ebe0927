import { randomUUID } from 'node:crypto';
import type { Sql } from '../sql.ts';
import { type Limit, type Shortfall, admit } from './admission.ts';
import { HeldReservations } from './held-reservations.ts';
import {
  type AccountState,
  deleteHolds,
  insertHolds,
  openAccounts,
  readAccounts,
  settleHolds,
} from './holds.ts';

/**
 * Reserves money before it is spent: for any number of callers and processes, the spent plus the held amount of an
 * account never exceeds its limit, as long as no caller spends more than it reserved.
 *
 * A reservation is *held* from `reserve` until it is *settled* (its actual cost counts from then on), *released*
 * (nothing was spent), or *lost*. Its holds are leases in the database, which the gate renews. The holds of a stopped
 * process expire, and are lost as soon as another reservation needs the amount. Actual cost always counts: a lost
 * reservation can be settled like any other.
 *
 * All requests of a process wait in one queue. One transaction at a time decides on all of them in their order of
 * arrival; requests that arrive meanwhile are decided by the next one. Requests that would fit without the amounts
 * held by others stay in the queue. The queue is decided again when an amount is freed in this process, and
 * periodically, because other processes free amounts too.
 *
 * Amounts are in micro-dollars. Times are those of the database.
 *
 *     const limits = [{ accountId: 'ann', limitMicros: 1_000_000n }];
 *     const reservation = await gate.reserve({ limits, amountMicros: 30_000n, signal });
 *     await transact((sql) => gate.settle(sql, reservation, 21_500n));
 */
export class SpendingGate {
  readonly #options: Required<SpendingGateOptions>;
  readonly #queue = new Set<Waiter>();
  readonly #held: HeldReservations;
  #deciding: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryAfterMs = MIN_RETRY_MS;
  #closed = false;

  constructor(options: SpendingGateOptions) {
    this.#options = { holdMs: 30_000, renewEveryMs: 10_000, waitMs: 30_000, ...options };
    this.#held = new HeldReservations(this.#options);
  }

  /**
   * Holds the amount on all accounts or on none; less, down to `leastMicros`, where spending leaves less. Waits while it
   * would fit without the amounts held by others.
   * Errors: OverLimitError; the signal's reason, immediately when it aborts; GateUnavailableError when the gate is
   * closed or its queue is full; those of the database.
   */
  async reserve({ signal, ...request }: ReservationRequest): Promise<Reservation> {
    if (request.amountMicros < 0n) throw new RangeError(`cannot reserve ${request.amountMicros}`);
    signal.throwIfAborted();
    if (this.#closed || this.#queue.size >= MAX_WAITING) throw new GateUnavailableError();
    const waiter = waiterFor(request);
    const abort = () => this.#refuse(waiter, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#queue.add(waiter);
    this.#decide();
    try {
      return await waiter.reservation.promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Records the actual cost and frees the rest, in the caller's transaction. Never waits for a lock. Commit it once
   * per reservation; after a rollback it may be called again.
   */
  async settle(
    sql: Sql,
    { id, accountIds }: Pick<Reservation, 'id' | 'accountIds'>,
    actualMicros: bigint,
  ): Promise<void> {
    if (actualMicros < 0n) throw new RangeError(`cannot spend ${actualMicros}`);
    this.#held.remove(id);
    await settleHolds(sql, { id, accountIds, amountMicros: actualMicros });
    this.#retrySoon();
  }

  /** Frees the reservation, for which nothing was spent. No effect if it was settled or lost. */
  async release({ id }: Reservation): Promise<void> {
    this.#held.remove(id);
    await deleteHolds(this.#options.sql, [id]);
    this.#retrySoon();
  }

  /** The spent and held amounts of each account, the numbers that `reserve` decides by. */
  read(sql: Sql, accountIds: readonly string[]): Promise<Map<string, AccountState>> {
    return readAccounts(sql, accountIds);
  }

  /** Rejects waiting requests and frees the reservations that this process still holds. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#queue) this.#refuse(waiter, new GateUnavailableError());
    clearTimeout(this.#retryTimer);
    await this.#deciding;
    const ids = this.#held.removeAll();
    if (ids.length > 0) await deleteHolds(this.#options.sql, ids);
  }

  /** Decides on the queue until no new request has arrived meanwhile. Never throws. */
  #decide(): void {
    if (this.#deciding) return;
    clearTimeout(this.#retryTimer);
    this.#deciding = this.#decideAll([...this.#queue]).finally(() => {
      this.#deciding = undefined;
      if ([...this.#queue].some((waiter) => waiter.shortfall === null)) this.#decide();
      else this.#scheduleRetry();
    });
  }

  async #decideAll(waiters: Waiter[]): Promise<void> {
    const { transact, holdMs, sql } = this.#options;
    const accountIds = [...new Set(waiters.flatMap((waiter) => waiter.accountIds))];
    try {
      const admissions = await transact(async (tx) => {
        const decided = admit(waiters, await openAccounts(tx, accountIds, { expiredForMs: 0 }));
        const holds = decided.granted.map(({ request, amountMicros }) => ({ ...request, amountMicros }));
        if (holds.length > 0) await insertHolds(tx, holds, holdMs);
        return decided;
      });
      const abandoned = admissions.granted
        .filter(({ request, amountMicros }) => !this.#grant(request, amountMicros))
        .map(({ request }) => request.id);
      for (const { request, shortfall } of admissions.refused)
        this.#refuse(request, new OverLimitError(shortfall));
      for (const { request, shortfall } of admissions.waiting) this.#keepWaiting(request, shortfall);
      if (abandoned.length > 0) await deleteHolds(sql, abandoned).catch(this.#options.onError);
    } catch (error) {
      for (const waiter of waiters) this.#refuse(waiter, error);
    }
  }

  /** Returns false if the caller has stopped waiting in the meantime. */
  #grant(waiter: Waiter, amountMicros: bigint): boolean {
    if (!this.#leave(waiter)) return false;
    const { id, accountIds } = waiter;
    const lost = this.#held.add(id, accountIds.length);
    waiter.reservation.resolve({ id, accountIds, amountMicros, lost });
    return true;
  }

  #refuse(waiter: Waiter, reason: unknown): void {
    if (this.#leave(waiter)) waiter.reservation.reject(reason);
  }

  #keepWaiting(waiter: Waiter, shortfall: Shortfall): void {
    waiter.shortfall = shortfall;
    if (!this.#queue.has(waiter)) return;
    waiter.timer ??= setTimeout(
      () => this.#refuse(waiter, new OverLimitError(waiter.shortfall ?? shortfall)),
      this.#options.waitMs,
    );
  }

  #leave(waiter: Waiter): boolean {
    clearTimeout(waiter.timer);
    return this.#queue.delete(waiter);
  }

  /** An amount is freed, possibly only when the caller's transaction ends. */
  #retrySoon(): void {
    this.#retryAfterMs = MIN_RETRY_MS;
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    clearTimeout(this.#retryTimer);
    if (this.#queue.size === 0 || this.#deciding) return;
    this.#retryTimer = setTimeout(() => this.#decide(), this.#retryAfterMs * (0.5 + Math.random()));
    this.#retryAfterMs = Math.min(this.#retryAfterMs * 2, MAX_RETRY_MS);
  }
}

function waiterFor({ limits, amountMicros, leastMicros }: Omit<ReservationRequest, 'signal'>): Waiter {
  return {
    id: randomUUID(),
    limits,
    accountIds: limits.map(({ accountId }) => accountId),
    amountMicros,
    leastMicros,
    shortfall: null,
    timer: undefined,
    reservation: Promise.withResolvers(),
  };
}

/** The request would exceed a limit: by spending alone (`spent`), or because others `held` amounts for too long. */
export class OverLimitError extends Error {
  readonly reason: Shortfall['reason'];
  readonly scope: string | undefined;
  readonly accountId: string;
  readonly limitMicros: bigint;
  readonly spentMicros: bigint;

  constructor({ reason, scope, accountId, limitMicros, spentMicros }: Shortfall) {
    super(
      `${accountId} has spent ${spentMicros} of ${limitMicros}${reason === 'held' ? '; others hold the rest' : ''}`,
    );
    this.name = 'OverLimitError';
    this.reason = reason;
    this.scope = scope;
    this.accountId = accountId;
    this.limitMicros = limitMicros;
    this.spentMicros = spentMicros;
  }
}

/** The gate is closed or its queue is full. A later attempt may succeed. */
export class GateUnavailableError extends Error {
  constructor() {
    super('No money can be reserved at the moment. Try again in a few seconds.');
    this.name = 'GateUnavailableError';
  }
}

/** Delays before the queue is decided again, each varied randomly by half. A decision is one short transaction. */
const MIN_RETRY_MS = 5;
const MAX_RETRY_MS = 250;
const MAX_WAITING = 10_000;

export interface SpendingGateOptions {
  /** A pool: each statement is its own transaction. */
  sql: Sql;
  /** Runs a short READ COMMITTED transaction. */
  transact: <T>(work: (tx: Sql) => Promise<T>) => Promise<T>;
  /** How long a hold lasts without renewal. */
  holdMs?: number;
  renewEveryMs?: number;
  /** How long a request waits for amounts that others hold. */
  waitMs?: number;
  /** Called with failed renewals and clean-ups, which are retried. */
  onError: (error: unknown) => void;
}

export interface ReservationRequest {
  /** Each account at most once. */
  limits: readonly Limit[];
  amountMicros: bigint;
  /** The least that is of use. Default: the amount. */
  leastMicros?: bigint;
  signal: AbortSignal;
}

export interface Reservation {
  readonly id: string;
  readonly accountIds: readonly string[];
  readonly amountMicros: bigint;
  /** Aborts with ReservationLostError when the hold has expired and others have reserved the amount: stop spending. */
  readonly lost: AbortSignal;
}

interface Waiter extends Omit<ReservationRequest, 'signal'> {
  id: string;
  accountIds: string[];
  /** The shortfall that it waits for. Null until the first decision. */
  shortfall: Shortfall | null;
  timer: NodeJS.Timeout | undefined;
  reservation: PromiseWithResolvers<Reservation>;
}
