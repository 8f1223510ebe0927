import { randomUUID } from 'node:crypto';
import type { Sql } from '../sql.ts';
import {
  type AccountState,
  accountsToSweep,
  deleteHolds,
  insertHolds,
  openAccounts,
  readAccounts,
  renewHolds,
  settleHolds,
} from './holds.ts';
import { type Limit, type Shortfall, admit } from './admission.ts';

/**
 * Reserve before you spend: however many callers and processes there are, what an account has spent and what is held
 * of it never pass its cap together, as long as nobody spends more than they reserved.
 *
 * A reservation is *held* from `reserve` until it is *settled* (what was really spent counts from then on), *released*
 * (nothing was), or *lost*. Its holds are leases in the database, which the gate renews; those of a process that died
 * or stalled expire, and are lost as soon as somebody else asks for money of their account. Real money always counts:
 * a lost reservation can be settled like any other.
 *
 * All requests of a process stand in one queue. One transaction at a time looks at all of them, in the order in which
 * they came; what arrives meanwhile goes into the next. Those that only money held by others stands against stay in
 * the queue: it is looked at again when money comes free here, and now and then, since other processes free money too.
 *
 * Amounts are in micro-dollars; times are the database's.
 *
 *     const limits = [{ accountId: 'ann', limitMicros: 1_000_000n }];
 *     const reservation = await gate.reserve({ limits, amountMicros: 30_000n, signal });
 *     await transact((sql) => gate.settle(sql, reservation, 21_500n));
 */
export class SpendingGate {
  readonly #options: Required<SpendingGateOptions>;
  readonly #queue = new Set<Waiter>();
  readonly #held = new Map<string, { lost: AbortController; holds: number }>();
  #deciding: Promise<void> | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #lookAfterMs = SOON_MS;
  #renewTimer: NodeJS.Timeout | undefined;
  #renewing = false;
  #closed = false;

  constructor(options: SpendingGateOptions) {
    this.#options = { holdMs: 30_000, renewEveryMs: 10_000, waitMs: 30_000, ...options };
  }

  /**
   * Holds the amount on every account, or on none. Waits its turn while only money that others hold stands against it.
   * Errors: OverLimitError; the signal's reason, at once, when it aborts; SERVICE_UNAVAILABLE when the gate is closed
   * or its queue full; those of the database.
   */
  async reserve({ limits, amountMicros, signal }: ReservationRequest): Promise<Reservation> {
    if (amountMicros < 0n) throw new RangeError(`cannot reserve ${amountMicros}`);
    signal.throwIfAborted();
    if (this.#closed || this.#queue.size >= MAX_WAITING) throw new GateUnavailableError();
    const waiter: Waiter = {
      id: randomUUID(),
      limits,
      accountIds: limits.map(({ accountId }) => accountId),
      amountMicros,
      shortfall: null,
      timer: undefined,
      reservation: Promise.withResolvers(),
    };
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
   * Counts what was really spent and frees the rest, in the caller's transaction; waits for nobody. To be committed
   * once for a reservation: after a rollback it may be called again.
   */
  async settle(sql: Sql, { id, accountIds }: Reservation, actualMicros: bigint): Promise<void> {
    if (actualMicros < 0n) throw new RangeError(`cannot spend ${actualMicros}`);
    this.#forget(id);
    await settleHolds(sql, { id, accountIds, amountMicros: actualMicros });
    this.#lookSoon();
  }

  /** Frees the reservation: nothing was spent. Does nothing to one that was settled or lost. */
  async release({ id }: Reservation): Promise<void> {
    this.#forget(id);
    await deleteHolds(this.#options.sql, [id]);
    this.#lookSoon();
  }

  /** What each account has spent and what is held of it: the very numbers that `reserve` goes by. */
  read(sql: Sql, accountIds: readonly string[]): Promise<Map<string, AccountState>> {
    return readAccounts(sql, accountIds);
  }

  /** Refuses those who wait and frees what this process still holds. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#queue) this.#refuse(waiter, new GateUnavailableError());
    clearTimeout(this.#lookTimer);
    await this.#deciding;
    const ids = [...this.#held.keys()];
    ids.forEach((id) => this.#forget(id));
    if (ids.length > 0) await deleteHolds(this.#options.sql, ids);
  }

  /** Looks at the queue until nobody new has come meanwhile. Never throws. */
  #decide(): void {
    if (this.#deciding) return;
    clearTimeout(this.#lookTimer);
    this.#deciding = this.#decideAll([...this.#queue]).finally(() => {
      this.#deciding = undefined;
      if ([...this.#queue].some((waiter) => waiter.shortfall === null)) this.#decide();
      else this.#lookLater();
    });
  }

  async #decideAll(waiters: Waiter[]): Promise<void> {
    const { transact, holdMs, sql } = this.#options;
    const accountIds = [...new Set(waiters.flatMap((waiter) => waiter.accountIds))];
    try {
      const turns = await transact(async (tx) => {
        const decided = admit(waiters, await openAccounts(tx, accountIds, { expiredForMs: 0 }));
        if (decided.granted.length > 0) await insertHolds(tx, decided.granted, holdMs);
        return decided;
      });
      const gone = turns.granted.filter((waiter) => !this.#grant(waiter));
      for (const { request, shortfall } of turns.refused)
        this.#refuse(request, new OverLimitError(shortfall));
      for (const { request, shortfall } of turns.waiting) this.#keepWaiting(request, shortfall);
      if (gone.length > 0)
        await deleteHolds(
          sql,
          gone.map(({ id }) => id),
        ).catch(this.#options.onError);
    } catch (error) {
      for (const waiter of waiters) this.#refuse(waiter, error);
    }
  }

  /** False when the one who asked has given up in the meantime. */
  #grant(waiter: Waiter): boolean {
    if (!this.#leave(waiter)) return false;
    const { id, accountIds, amountMicros } = waiter;
    const lost = new AbortController();
    this.#held.set(id, { lost, holds: accountIds.length });
    this.#renewTimer ??= setInterval(() => void this.#renew(), this.#options.renewEveryMs).unref();
    waiter.reservation.resolve({ id, accountIds, amountMicros, lost: lost.signal });
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

  /** Money comes free, though perhaps only when the caller's transaction ends. */
  #lookSoon(): void {
    this.#lookAfterMs = SOON_MS;
    this.#lookLater();
  }

  #lookLater(): void {
    clearTimeout(this.#lookTimer);
    if (this.#queue.size === 0 || this.#deciding) return;
    this.#lookTimer = setTimeout(() => this.#decide(), this.#lookAfterMs * (0.5 + Math.random()));
    this.#lookAfterMs = Math.min(this.#lookAfterMs * 2, LATER_MS);
  }

  #forget(id: string): void {
    this.#held.delete(id);
    if (this.#held.size > 0) return;
    clearInterval(this.#renewTimer);
    this.#renewTimer = undefined;
  }

  /** One statement for all that this process holds; then tidies up after itself and after processes that died. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const { sql, transact, holdMs, onError } = this.#options;
    const asked = [...this.#held];
    try {
      const left = await renewHolds(
        sql,
        asked.map(([id]) => id),
        holdMs,
      );
      for (const [id, { lost, holds }] of asked) {
        if (!this.#held.has(id) || left.get(id) === holds) continue;
        this.#forget(id);
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

/** The cap would be passed: by what is spent and the amount alone, or because others `held` the rest for too long. */
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

/** Why `Reservation.lost` aborts. */
export class ReservationLostError extends Error {
  constructor(id: string) {
    super(`reservation ${id} expired and its money was given to others`);
    this.name = 'ReservationLostError';
  }
}

/** The gate takes no reservation now: it is closed, or too many wait already. Trying again later may succeed. */
export class GateUnavailableError extends Error {
  constructor() {
    super('No money can be reserved at the moment. Try again in a few seconds.');
    this.name = 'GateUnavailableError';
  }
}

/** After money came free here, and at most (one short transaction a process with waiters); both give or take a half. */
const SOON_MS = 5;
const LATER_MS = 250;
const MAX_WAITING = 10_000;
/** An expired hold that nobody asks for stays renewable for as many times its length, e.g. through an outage. */
const SWEEP_AFTER_HOLDS = 10;

export interface SpendingGateOptions {
  /** A pool: each statement for itself. */
  sql: Sql;
  /** A short READ COMMITTED transaction. */
  transact: <T>(work: (tx: Sql) => Promise<T>) => Promise<T>;
  /** How long a hold lasts without being renewed. */
  holdMs?: number;
  renewEveryMs?: number;
  /** How long a reservation waits for money that others hold. */
  waitMs?: number;
  /** Told of failed renewals and the like, which the next one makes good. */
  onError: (error: unknown) => void;
}

export interface ReservationRequest {
  /** Each account once. */
  limits: readonly Limit[];
  amountMicros: bigint;
  signal: AbortSignal;
}

export interface Reservation {
  readonly id: string;
  readonly accountIds: readonly string[];
  readonly amountMicros: bigint;
  /** Aborts with ReservationLostError when the hold expired and others got the money: stop spending. */
  readonly lost: AbortSignal;
}

interface Waiter extends Omit<ReservationRequest, 'signal'> {
  id: string;
  accountIds: string[];
  /** What it waits for; null before it was first looked at. */
  shortfall: Shortfall | null;
  timer: NodeJS.Timeout | undefined;
  reservation: PromiseWithResolvers<Reservation>;
}
