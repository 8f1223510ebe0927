import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError } from '../../core/llm/language-model.ts';
import { retryDelayMs } from '../../core/llm/retry.ts';
import { AppError } from '../../errors.ts';
import { EmptyOutputError } from '../execution-error.ts';

/**
 * What happens after an attempt has failed. The one table for steps of runs, for replies and for single calls:
 *
 *   error                                                        attempts 1 and 2   attempt 3
 *   ModelError RATE_LIMITED, UNAVAILABLE, TRUNCATED, TIMEOUT     retry              fail
 *   EmptyOutputError                                             retry              fail
 *   outage of our own database                                   retry              leave
 *   anything else (AUTH, BAD_REQUEST, budget, a fault of ours)   fail               fail
 *
 * Delays grow from half a second (`retryDelayMs`); what a provider asks for in Retry-After takes precedence.
 * *Leave* means that nothing has failed: the claim is given back, and the next worker tries again.
 */
export function afterFailure(error: unknown, attempt: number): RetryDecision {
  if (!isRetryable(error)) return { action: 'FAIL' };
  if (attempt < MAX_ATTEMPTS) return { action: 'RETRY', delayMs: retryDelayMs(error, attempt) };
  return { action: isOutage(error) ? 'LEAVE' : 'FAIL' };
}

/**
 * Repeats one call to a model by the table. An outage of our database is thrown at once: it concerns more than this
 * call, and whoever works on the step or the reply decides about it.
 * Errors: that of the last attempt; the signal's reason when it aborts during a delay.
 */
export async function retryModelCall<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const decision = afterFailure(error, attempt);
      if (decision.action !== 'RETRY' || isOutage(error) || signal.aborted) throw error;
      await retryDelay(decision.delayMs, signal);
      signal.throwIfAborted();
    }
  }
}

/** Resolves after the delay, or at once when the signal aborts. */
export async function retryDelay(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
}

/**
 * Whether work has been claimed so often without progress that it is given up. Progress is whatever a later claim
 * need not do again: a finished step, a stored turn, a wait for a person; a handover counts as well.
 *
 * Claims are counted rather than attempts, because what must be stopped is work that takes its worker down each
 * time. Attempts also grow by deployments and by failures of providers, which the table above limits already.
 */
export function isStalled({ stalledClaims }: { stalledClaims: number }): boolean {
  return stalledClaims >= MAX_STALLED_CLAIMS;
}

/** Whether it was our own database that was away: no reason for a run or a reply to fail. */
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
