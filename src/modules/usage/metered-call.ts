import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError, type ModelStreamPart, type ModelRequest } from '../../core/llm/language-model.ts';
import { costMicros, worstCaseMicros } from '../../core/llm/prices.ts';
import { outputLimit } from '../../core/llm/request.ts';
import { retryDelayMs } from '../../core/llm/retry.ts';
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
import { UsageMeter } from './usage-meter.ts';

/**
 * Opens a model call; there is no other way to call a model. Reserves the maximum cost of the call against every limit
 * of its payer, and waits a limited time for amounts that other calls reserve. The caller reads the answer from `parts`
 * and must always `settle` the call. A model that thinks gets room for it. A call counts for the UTC day in which it was opened, even if it ends after
 * midnight.
 * Errors: FORBIDDEN when the payer may not execute any more; BudgetExceededError; SERVICE_UNAVAILABLE while the gate is closed or overloaded; the signal's reason when it aborts.
 */
export async function openMeteredCall(ctx: MeteredCallContext, call: NewCall): Promise<MeteredCall> {
  const now = ctx.clock();
  const { payer, route, signal } = call;
  const { thinkingTokens } = route.price;
  const request = thinkingTokens === undefined ? call.request : { ...call.request, thinkingTokens };
  const amountMicros = worstCaseMicros(route.price, request);
  const daily = await dailyLimits(ctx, ctx.database.sql, payer);
  checkMayExecute(payer, daily);
  const limits = limitsOf(payer, daily, now);
  try {
    const reservation = await ctx.spending.reserve({ limits, amountMicros, signal });
    return new MeteredCall(ctx, { ...call, request }, reservation, dayOf(now));
  } catch (error) {
    if (error instanceof GateUnavailableError)
      throw new AppError('SERVICE_UNAVAILABLE', error.message, { cause: error });
    if (!(error instanceof OverLimitError)) throw error;
    throw budgetExceeded(error, `A call that may cost up to ${dollars(amountMicros)}`, now);
  }
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

  /**
   * Writes the actual cost of the call to the ledger and releases the rest of the reservation, in the caller's
   * transaction. Call it when the answer has ended, also after an error. A call that is not billed leaves no entry.
   * Idempotent: it can be repeated after a rollback, and changes nothing after a commit.
   */
  async settle(tx: Pick<Tx, 'sql'>): Promise<Settlement> {
    const { spending } = this.#ctx;
    const { payer, route } = this.#call;
    const { costMicros: cost, usage, estimated, billed } = (this.#settlement ??= this.#measure());
    const isNew =
      !billed ||
      (await enterCall(tx.sql, {
        reservationId: this.#reservation.id,
        payer,
        day: this.#day,
        provider: route.provider,
        model: route.model,
        usage,
        costMicros: cost,
        priceVersion: route.price.version,
        estimated,
      }));
    if (isNew) await spending.settle(tx.sql, this.#reservation, cost);
    return this.#settlement;
  }

  /**
   * Settles in its own transaction, for a call whose result is discarded but billed by the provider nevertheless.
   * Retries while the database fails, but for a value that it can never store, then logs the loss and lets the reservation expire. Never throws.
   */
  async charge(): Promise<void> {
    const { database, spending, logger } = this.#ctx;
    for (let tries = 1; ; tries++) {
      try {
        return void (await database.transact((tx) => this.settle(tx)));
      } catch (error) {
        if (tries < MAX_CHARGE_TRIES && !(error instanceof UnstorableError)) {
          await sleep(retryDelayMs(error, tries));
          continue;
        }
        const loss = {
          err: error,
          reservationId: this.#reservation.id,
          payer: this.#call.payer,
          ...this.#measure(),
        };
        logger.error({ ...loss, costMicros: String(loss.costMicros) }, 'model call could not be charged');
        return spending.release(this.#reservation).catch(() => {});
      }
    }
  }

  #measure(): Settlement {
    const reading = this.#meter.read();
    if (!reading)
      return { costMicros: 0n, usage: { inputTokens: 0, outputTokens: 0 }, estimated: false, billed: false };
    return { ...reading, costMicros: costMicros(this.#call.route.price, reading.usage), billed: true };
  }

  async *#stream(): AsyncGenerator<ModelStreamPart> {
    const { route, request, signal } = this.#call;
    const { lost } = this.#reservation;
    signal.throwIfAborted();
    this.#meter.start();
    try {
      for await (const part of route.languageModel.stream(request, AbortSignal.any([signal, lost]))) {
        this.#meter.observe(part);
        const isOutput = part.type === 'text' || part.type === 'thinking';
        if (isOutput && this.#meter.isOverrun) return yield this.#truncate(); // a count alone loses no text
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

  #truncate(): ModelStreamPart {
    const { route, request } = this.#call;
    this.#ctx.logger.warn(
      { provider: route.provider, model: route.model, limit: outputLimit(request) },
      'provider exceeded the limit of output tokens; answer truncated',
    );
    return { type: 'end', reason: 'length' };
  }
}

const MAX_CHARGE_TRIES = 5;

export type MeteredCallContext = Pick<Services, 'database' | 'spending' | 'clock' | 'logger'> &
  SpendingSettings;

export interface NewCall {
  payer: Payer;
  route: Route;
  request: ModelRequest;
  signal: AbortSignal;
}

export interface Settlement {
  costMicros: bigint;
  usage: TokenUsage;
  /** Whether the provider reported no usage, or only a part of it. */
  estimated: boolean;
  /** False when the provider does not bill the call; it then has no ledger entry. */
  billed: boolean;
}
