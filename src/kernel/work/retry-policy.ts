import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError } from '../../core/llm/language-model.ts';
import { RouteTrial } from '../../core/llm/route-trial.ts';
import { retryDelayMs } from '../../core/llm/retry.ts';
import { AppError } from '../../errors.ts';
import { EmptyOutputError } from '../execution-error.ts';

/**
 * Decides what happens after a failed attempt, for steps of runs, for replies and for single calls:
 *
 *   error                                                        attempts 1 and 2   attempt 3
 *   ModelError RATE_LIMITED, UNAVAILABLE, TRUNCATED, TIMEOUT     retry              fail
 *   EmptyOutputError                                             retry              fail
 *   outage of our own database                                   retry              leave
 *   AUTH, where another route is left                            retry              fail
 *   anything else (AUTH, BAD_REQUEST, OUTPUT_LIMIT, budget, a    fail               fail
 *   result that cannot be stored, internal errors)
 *
 * *Fail* ends a run or a reply as FAILED, but for a reply whose text failed three times: built-in rules write it.
 * Delays grow from half a second (`retryDelayMs`); a provider's Retry-After takes precedence;
 * where another route is left, it is tried without a delay. *Leave*: the work has
 * not failed; the claim is released, and the next worker tries again.
 */
export function afterFailure(error: unknown, attempt: number, hasOtherRoute = false): RetryDecision {
  if (hasOtherRoute && attempt < MAX_ATTEMPTS) return { action: 'RETRY', delayMs: 0 };
  if (!isRetryable(error)) return { action: 'FAIL' };
  if (attempt < MAX_ATTEMPTS) return { action: 'RETRY', delayMs: retryDelayMs(error, attempt) };
  return { action: isOutage(error) ? 'LEAVE' : 'FAIL' };
}

/**
 * Retries one call to a model by this table. Throws an outage of our database immediately: it affects more than this
 * call, so the attempt of the step or the reply handles it.
 * Errors: that of the last attempt; the signal's reason when it aborts during a delay.
 */
export async function retryModelCall<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  trial = new RouteTrial(),
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const decision = afterFailure(error, attempt, trial.failed(error));
      if (decision.action !== 'RETRY' || isOutage(error) || signal.aborted) throw error;
      await retryDelay(decision.delayMs, signal);
      signal.throwIfAborted();
    }
  }
}

/** Resolves after the delay, or immediately when the signal aborts. */
export async function retryDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
}

/**
 * Whether work has been claimed too often without progress and must fail. Progress is anything that a later claim need
 * not repeat: a finished step, a stored turn, a wait for a person. A handover also counts as progress.
 *
 * Counts claims instead of attempts, to stop work that crashes its worker each time. Deployments and provider failures
 * also increase the number of attempts, and the table above already limits those.
 */
export function isStalled({ stalledClaims }: { stalledClaims: number }): boolean {
  return stalledClaims >= MAX_STALLED_CLAIMS;
}

/**
 * Does the work of a claim. When an outage ends it, the claim is handed over before the error is thrown, and does not
 * count as stalled: the work has not crashed its worker. It counts if the database is still away.
 */
export async function handOverAfterOutage<T>(
  work: () => Promise<T>,
  handOver: () => Promise<void>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOutage(error)) await handOver().catch(() => {});
    throw error;
  }
}

/** Whether the database or the spending gate was unavailable, which must not fail a run or a reply. */
function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
}

function isRetryable(error: unknown): boolean {
  if (error instanceof ModelError) return error.retryable;
  return error instanceof EmptyOutputError || isOutage(error);
}

const MAX_ATTEMPTS = 3;
const MAX_STALLED_CLAIMS = 6;

export type RetryDecision = { action: 'RETRY'; delayMs: number } | { action: 'LEAVE' } | { action: 'FAIL' };
