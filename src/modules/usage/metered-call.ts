import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError, type ModelStreamPart, type ModelRequest } from '../../core/llm/language-model.ts';
import { costMicros, worstCaseMicros } from '../../core/llm/prices.ts';
import { retryDelayMs } from '../../core/llm/retry.ts';
import type { Route } from '../../core/llm/model-router.ts';
import { GateUnavailableError, OverLimitError, type Reservation } from '../../core/spending/spending-gate.ts';
import { AppError } from '../../errors.ts';
import type { Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import { budgetExceeded, dollars, limitsOf, type Payer, tenantLimit } from './budget.ts';
import { dayOf } from './day.ts';
import { enterCall, type TokenUsage } from './ledger.ts';
import { UsageMeter } from './usage-meter.ts';

/**
 * The only way to a model. Reserves the most that the call can cost against every limit of its payer, waiting a while
 * for money that other calls hold; the call is then streamed by `parts` and settled, always, by `settle`.
 * A call belongs to the UTC day in which it was opened, also when it ends after midnight.
 * Errors: BudgetExceededError; SERVICE_UNAVAILABLE while the gate takes nothing; the signal's reason when it aborts.
 */
export async function openMeteredCall(ctx: MeteredCallContext, call: NewCall): Promise<MeteredCall> {
  const now = ctx.clock();
  const { payer, route, request, signal } = call;
  const amountMicros = worstCaseMicros(route.price, request);
  const limits = limitsOf(payer, await tenantLimit(ctx.database.sql, payer.tenantId), now);
  try {
    const reservation = await ctx.spending.reserve({ limits, amountMicros, signal });
    return new MeteredCall(ctx, call, reservation, dayOf(now));
  } catch (error) {
    if (error instanceof GateUnavailableError)
      throw new AppError('SERVICE_UNAVAILABLE', error.message, { cause: error });
    if (!(error instanceof OverLimitError)) throw error;
    throw budgetExceeded(error, `A call that may cost up to ${dollars(amountMicros)}`, now);
  }
}

export class MeteredCall {
  /**
   * The model's answer, once. Nothing is sent to the provider before the first part is read; a reader who
   * leaves closes the provider's stream. A provider that sends more than maxOutputTokens is cut: the answer then
   * ends with `length`.
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
   * Enters what the call really cost and frees the rest, in the caller's transaction; call it when the answer has
   * ended, however it ended. What nobody bills costs nothing and leaves no entry. May be called again, with the same
   * result: after a rollback it counts then, after a commit it changes nothing.
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
        estimated,
      }));
    if (isNew) await spending.settle(tx.sql, this.#reservation, cost);
    return this.#settlement;
  }

  /**
   * Settles in a transaction of its own, for a call whose result is void: the provider has billed it all the same.
   * Tries for a while when the database is away; at last the loss is logged and what it held runs out. Never throws.
   */
  async charge(): Promise<void> {
    const { database, spending, logger } = this.#ctx;
    for (let tries = 1; ; tries++) {
      try {
        return void (await database.transact((tx) => this.settle(tx)));
      } catch (error) {
        if (tries < MAX_CHARGE_TRIES) {
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
        this.#meter.see(part);
        if (this.#meter.isOverrun) return yield this.#cut();
        yield part;
      }
    } catch (error) {
      this.#meter.fail(error);
      if (!lost.aborted || error !== lost.reason) throw error;
      const message =
        'The money held for the call was given to others, because it could not be kept. Try again.';
      throw new ModelError('UNAVAILABLE', message, { cause: error });
    }
  }

  #cut(): ModelStreamPart {
    const { route, request } = this.#call;
    this.#ctx.logger.warn(
      { provider: route.provider, model: route.model, maxOutputTokens: request.maxOutputTokens },
      'provider exceeded maxOutputTokens; answer cut',
    );
    return { type: 'end', reason: 'length' };
  }
}

const MAX_CHARGE_TRIES = 5;

export type MeteredCallContext = Pick<Services, 'database' | 'spending' | 'clock' | 'logger'>;

export interface NewCall {
  payer: Payer;
  route: Route;
  request: ModelRequest;
  signal: AbortSignal;
}

export interface Settlement {
  costMicros: bigint;
  usage: TokenUsage;
  /** The provider did not report the usage, or not to the end. */
  estimated: boolean;
  /** False when the provider bills nothing: there is no entry then. */
  billed: boolean;
}
