import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError, type ModelStreamPart, type ModelRequest } from '../../core/llm/language-model.ts';
import { costMicros, fitTo, worstCaseMicros } from '../../core/llm/prices.ts';
import { outputLimit } from '../../core/llm/request.ts';
import { retryDelayMs } from '../../core/llm/retry.ts';
import { estimateInputTokens } from '../../core/llm/tokens.ts';
import type { Route } from '../../core/llm/model-router.ts';
import { GateUnavailableError, OverLimitError, type Reservation } from '../../core/spending/spending-gate.ts';
import { AppError, UnstorableError } from '../../errors.ts';
import type { Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import {
  budgetExceeded,
  checkMayExecute,
  dailyLimits,
  dollars,
  limitsOf,
  type Payer,
  type SpendingSettings,
} from './budget.ts';
import { dayOf } from './day.ts';
import { enterCall, type TokenUsage } from './ledger.ts';
import { forgetOpenCall, recordOpenCall } from './open-calls.ts';
import { UsageMeter } from './usage-meter.ts';

/**
 * Opens a model call; there is no other way to call a model. Reserves the maximum cost of the call against every limit
 * of its payer at once, and waits a limited time for amounts that other calls reserve. Where spending leaves less, a text
 * gets a lower maxOutputTokens, down to a floor. The caller reads the answer from `parts` and must always `settle` the
 * call. A model that thinks gets room for it. A call counts for the UTC day in which it was opened, even if it ends
 * after midnight.
 * Errors: FORBIDDEN when the payer may not execute any more; BudgetExceededError; BUDGET_EXCEEDED at the server's limit;
 * SERVICE_UNAVAILABLE while the gate is closed or overloaded; the signal's reason when it aborts.
 */
export async function openMeteredCall(ctx: MeteredCallContext, call: NewCall): Promise<MeteredCall> {
  const now = ctx.clock();
  const { payer, route, signal } = call;
  const { price } = route;
  const { thinkingTokens } = price;
  const request = thinkingTokens === undefined ? call.request : { ...call.request, thinkingTokens };
  const amountMicros = worstCaseMicros(price, request);
  const leastMicros = worstCaseMicros(price, leastOf(request));
  const daily = await dailyLimits(ctx, ctx.database.sql, payer);
  checkMayExecute(payer, daily);
  const limits = limitsOf(payer, daily, now);
  try {
    const reservation = await ctx.spending.reserve({ limits, amountMicros, leastMicros, signal });
    const isLowered = reservation.amountMicros < amountMicros;
    const allowed = isLowered ? fitTo(reservation.amountMicros, price, request) : request;
    return new MeteredCall(ctx, { ...call, request: allowed }, reservation, dayOf(now));
  } catch (error) {
    if (error instanceof GateUnavailableError)
      throw new AppError('SERVICE_UNAVAILABLE', error.message, { cause: error });
    if (!(error instanceof OverLimitError)) throw error;
    throw budgetExceeded(error, `A call that may cost up to ${dollars(leastMicros)}`, now);
  }
}

/** A shorter text is of use; half an object is not. */
function leastOf(request: ModelRequest): ModelRequest {
  if (request.output) return request;
  return { ...request, maxOutputTokens: Math.min(request.maxOutputTokens, LEAST_OUTPUT_TOKENS) };
}

export class MeteredCall {
  /**
   * The model's answer; can be read once. The request is sent when the first part is read; returning early closes the
   * provider's stream. An answer that exceeds its limit is truncated and ends with `length`.
   * Errors: ModelError; the signal's reason when it aborts.
   */
  readonly parts: AsyncIterable<ModelStreamPart>;
  readonly #ctx: MeteredCallContext;
  readonly #call: NewCall;
  readonly #reservation: Reservation;
  readonly #day: string;
  readonly #meter: UsageMeter;
  #settlement: Settlement | undefined;

  constructor(ctx: MeteredCallContext, call: NewCall, reservation: Reservation, day: string) {
    this.#ctx = ctx;
    this.#call = call;
    this.#reservation = reservation;
    this.#day = day;
    this.#meter = new UsageMeter(call.request);
    this.parts = this.#stream();
  }

  /** The limit of the text, which a spending limit may have lowered. */
  get maxOutputTokens(): number {
    return this.#call.request.maxOutputTokens;
  }

  /**
   * Writes the cost of the call to the ledger, never more than was reserved, and releases the rest, in the caller's
   * transaction. Call it when the answer has ended, also after an error. A call that is not billed leaves no entry.
   * Idempotent: it can be repeated after a rollback, and changes nothing after a commit.
   */
  async settle(tx: Pick<Tx, 'sql'>): Promise<Settlement> {
    const settlement = (this.#settlement ??= this.#measure());
    const { costMicros: cost, unbookedMicros, usage, estimated, billed } = settlement;
    const { payer, route } = this.#call;
    const { id: reservationId } = this.#reservation;
    if (!billed) await forgetOpenCall(tx.sql, reservationId);
    const isNew =
      !billed ||
      (await enterCall(tx.sql, {
        reservationId,
        payer,
        day: this.#day,
        provider: route.provider,
        model: route.model,
        usage,
        costMicros: cost,
        unbookedMicros,
        priceVersion: route.price.version,
        estimated,
      }));
    if (isNew) await this.#ctx.spending.settle(tx.sql, this.#reservation, cost);
    return settlement;
  }

  /**
   * Settles in its own transaction, for a call whose result is discarded but billed by the provider nevertheless.
   * Retries while the database fails. If it fails for too long, the call stays open: whoever takes up its run or reply
   * books it. Never throws.
   */
  async charge(): Promise<void> {
    const { database, logger } = this.#ctx;
    for (let tries = 1; ; tries++) {
      try {
        return void (await database.transact((tx) => this.settle(tx)));
      } catch (error) {
        if (tries < MAX_CHARGE_TRIES && !(error instanceof UnstorableError)) {
          await sleep(retryDelayMs(error, tries));
          continue;
        }
        const { payer } = this.#call;
        const call = { reservationId: this.#reservation.id, payer };
        return logger.error({ err: error, ...call }, 'model call could not be booked; it will be later');
      }
    }
  }

  #measure(): Settlement {
    const reading = this.#meter.read();
    if (!reading) return UNBILLED;
    const { usage, full, estimated } = reading;
    const { route } = this.#call;
    const { amountMicros } = this.#reservation;
    const cost = least(costMicros(route.price, usage), amountMicros);
    const unbookedMicros = costMicros(route.price, full) - cost;
    if (unbookedMicros > 0n) {
      const { provider, model } = route;
      const detail = { provider, model, told: full, booked: usage, unbookedMicros: String(unbookedMicros) };
      this.#ctx.logger.warn(detail, 'provider exceeded what was reserved; the difference is not booked');
    }
    return { costMicros: cost, unbookedMicros: most(unbookedMicros, 0n), usage, estimated, billed: true };
  }

  async *#stream(): AsyncGenerator<ModelStreamPart> {
    const { route, request, signal } = this.#call;
    const { lost } = this.#reservation;
    signal.throwIfAborted();
    await this.#recordOpen();
    signal.throwIfAborted();
    this.#meter.start();
    try {
      for await (const part of route.languageModel.stream(request, AbortSignal.any([signal, lost]))) {
        this.#meter.observe(part);
        const isOutput = part.type === 'text' || part.type === 'thinking';
        if (isOutput && this.#meter.isOverrun) return yield TOO_LONG; // a count alone loses no text
        yield part;
      }
    } catch (error) {
      this.#meter.fail(error);
      if (!lost.aborted || error !== lost.reason) throw error;
      const message =
        'The reservation of the call expired because it could not be renewed in time. Try again.';
      throw new ModelError('UNAVAILABLE', message, { cause: error });
    }
  }

  #recordOpen(): Promise<void> {
    const { payer, route, request, attempt = null } = this.#call;
    return recordOpenCall(this.#ctx.database.sql, {
      reservation: this.#reservation,
      payer,
      day: this.#day,
      attempt,
      price: route.price,
      inputTokens: estimateInputTokens(request),
      outputLimit: outputLimit(request),
    });
  }
}

const TOO_LONG: ModelStreamPart = { type: 'end', reason: 'length' };

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

const MAX_CHARGE_TRIES = 5;
/** A text of about one page; what is shorter helps nobody. */
const LEAST_OUTPUT_TOKENS = 256;

export type MeteredCallContext = Pick<Services, 'database' | 'spending' | 'clock' | 'logger'> &
  SpendingSettings;

export interface NewCall {
  payer: Payer;
  route: Route;
  request: ModelRequest;
  signal: AbortSignal;
  /** The attempt whose text the caller writes into a log. Left out: the text goes into none. */
  attempt?: number;
}

export interface Settlement {
  /** Never more than was reserved. */
  costMicros: bigint;
  /** What the provider may charge above it, because it told or sent more than it was allowed: the operator bears it. */
  unbookedMicros: bigint;
  usage: TokenUsage;
  /** Whether the provider reported no usage, only a part of it, or one that cannot be. */
  estimated: boolean;
  /** False when the provider does not bill the call; it then has no ledger entry. */
  billed: boolean;
}

const UNBILLED: Settlement = {
  costMicros: 0n,
  unbookedMicros: 0n,
  usage: { inputTokens: 0, outputTokens: 0 },
  estimated: false,
  billed: false,
};
