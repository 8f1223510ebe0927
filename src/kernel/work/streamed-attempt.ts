import { FencedError } from '../../core/event-log/event-log.ts';
import type { ModelStreamPart } from '../../core/llm/language-model.ts';
import type { RouteTrial } from '../../core/llm/route-trial.ts';
import { UnstorableError } from '../../errors.ts';
import type { Services } from '../context.ts';
import { describeAttempt, describeFailure, type ExecutionErrorData } from '../execution-error.ts';
import { afterFailure, retryDelay } from './retry-policy.ts';
import { streamToLog, type StreamedText } from './stream-to-log.ts';

/**
 * Runs the attempts of work whose result is one text that a model streams into a log: a step of a run, or a reply.
 *
 * Each attempt starts, reserves its cost (`open`), streams, and *finishes* or is *discarded*: its text becomes invalid,
 * and the retry policy decides what follows. When `signal` aborts, or another worker has taken over the claim, the
 * attempt is *stopped*, and the next worker decides about its text.
 * Errors: an outage that outlasts the attempts, for the next claim; those of `stop`, `discard` and `fail`.
 */
export async function runAttempts(
  work: StreamedWork,
  { signal, logger }: { signal: AbortSignal } & Pick<Services, 'logger'>,
): Promise<AttemptsOutcome> {
  for (let tries = 1; ; tries++) {
    let attempt: StreamedAttempt | null = null;
    try {
      attempt = await work.start();
      if (!attempt) return 'ENDED';
      await stream(attempt);
      return 'FINISHED';
    } catch (error) {
      if (signal.aborted || error instanceof FencedError) {
        await attempt?.stop();
        return 'STOPPED';
      }
      const hasOtherRoute = work.trial.failed(error);
      const decision = afterFailure(error, tries, hasOtherRoute);
      const failure = describeFailure(error, work.stepKey, tries);
      const reason =
        decision.action === 'FAIL'
          ? failure.message
          : `${describeAttempt(error, tries)} Retrying${hasOtherRoute ? ' with another model or key' : ''}.`;
      if (attempt && !(await attempt.discard(reason))) return 'ENDED';
      if (decision.action === 'LEAVE') throw error;
      if (decision.action === 'FAIL') {
        const isFault = failure.code === 'INTERNAL' || error instanceof UnstorableError;
        if (isFault) logger.error({ err: error, ...work.ids }, 'attempt failed');
        await work.fail(failure, error);
        return 'FAILED';
      }
      await retryDelay(decision.delayMs, signal);
      if (signal.aborted) return 'STOPPED';
    }
  }
}

async function stream(attempt: StreamedAttempt): Promise<void> {
  const parts = await attempt.open();
  await attempt.finish(await streamToLog(parts, (chunk) => attempt.append(chunk)));
}

export interface StreamedWork {
  /** For log lines, e.g. `{ executionId }`. */
  ids: Readonly<Record<string, string>>;
  /** Part of the error of a run. Null for a reply. */
  stepKey: string | null;
  /** Which route each attempt takes. */
  readonly trial: RouteTrial;
  /** Starts the next attempt. Null when the work has already ended. */
  start(): Promise<StreamedAttempt | null>;
  /** Ends the work after its last attempt failed with this error: without a result, or with one that needs no model. */
  fail(failure: ExecutionErrorData, error: unknown): Promise<void>;
}

export interface StreamedAttempt {
  /** Prepares the request and reserves its maximum cost. Sends nothing before the first part is read. */
  open(): Promise<AsyncIterable<ModelStreamPart>>;
  append(chunk: { offset: number; text: string }): Promise<void>;
  /** Stores the text and settles the call, in one transaction. */
  finish(text: StreamedText): Promise<void>;
  /** Invalidates the text and charges the call. False when the attempt had finished and only its confirmation was lost. */
  discard(reason: string): Promise<boolean>;
  /** Charges the call. */
  stop(): Promise<void>;
}

/** ENDED: an earlier write had already ended the work. FAILED: no attempt finished. STOPPED: left unchanged for the next worker. */
export type AttemptsOutcome = 'FINISHED' | 'ENDED' | 'FAILED' | 'STOPPED';
