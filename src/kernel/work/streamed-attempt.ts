import { FencedError } from '../../core/event-log/event-log.ts';
import type { ModelStreamPart } from '../../core/llm/language-model.ts';
import type { Services } from '../context.ts';
import { describeFailure, type ExecutionErrorData } from '../execution-error.ts';
import { afterFailure, retryDelay } from './retry-policy.ts';
import { streamToLog, type StreamedText } from './stream-to-log.ts';

/**
 * Work whose result is one text that a model streams into a log: a step of a run, a reply.
 *
 * Each attempt starts, reserves money (`open`), streams, and *finishes* or is *discarded*: its text is void, and the
 * retry policy says what follows. When `signal` aborts, or another worker has taken the claim over, the attempt is
 * *stopped*, and whoever goes on decides what becomes of its text.
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
      const decision = afterFailure(error, tries);
      const failure = describeFailure(error, work.stepKey, tries);
      const reason = decision.action === 'FAIL' ? failure.message : `${failure.message} It is tried again.`;
      if (attempt && !(await attempt.discard(reason))) return 'ENDED';
      if (decision.action === 'LEAVE') throw error;
      if (decision.action === 'FAIL') {
        if (failure.code === 'INTERNAL') logger.error({ err: error, ...work.ids }, 'attempt failed');
        await work.fail(failure);
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
  /** Named in the error of a run; null for a reply. */
  stepKey: string | null;
  /** Begins the next attempt. Null when the work has ended already. */
  start(): Promise<StreamedAttempt | null>;
  /** Ends the work without a result. */
  fail(failure: ExecutionErrorData): Promise<void>;
}

export interface StreamedAttempt {
  /** Prepares the request and reserves what the call may cost; nothing is sent before the first part is read. */
  open(): Promise<AsyncIterable<ModelStreamPart>>;
  append(chunk: { offset: number; text: string }): Promise<void>;
  /** Stores the text and settles the call, in one transaction. */
  finish(text: StreamedText): Promise<void>;
  /** Voids the text and charges the call. False when the attempt has in fact finished: its answer was lost. */
  discard(reason: string): Promise<boolean>;
  /** Charges the call. */
  stop(): Promise<void>;
}

/** ENDED: an earlier write had ended the work already. STOPPED: left as it is, for whoever goes on. */
export type AttemptsOutcome = 'FINISHED' | 'ENDED' | 'FAILED' | 'STOPPED';
