import type { ApprovalRequest, StepExecution } from '../../generated/prisma/client.ts';

/**
 * The states of a run.
 *
 *   QUEUED ──▶ RUNNING ──▶ SUCCEEDED | FAILED | CANCELLED
 *               ▲   │
 *               │   ▼      when nothing but people's decisions can move it; the claim is given back
 *        WAITING_FOR_APPROVAL
 *
 * A step is PENDING until the steps that it depends on have finished, RUNNING while an attempt is under way (and
 * PENDING again when that was discarded), WAITING_FOR_APPROVAL while a person is asked; SUCCEEDED, SKIPPED, FAILED
 * and CANCELLED are final. The first two count as finished: the steps behind them may start.
 */
export function isFinished({ status }: Pick<StepExecution, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'SKIPPED';
}

/** Whether nothing can happen to the step any more. */
export function isFinal(step: Pick<StepExecution, 'status'>): boolean {
  return isFinished(step) || step.status === 'FAILED' || step.status === 'CANCELLED';
}

/** A request that has been decided, expired or closed, as the run sees it. */
export function decisionOf(request: ApprovalRequest): Decision {
  if (request.status === 'APPROVED') return { kind: 'APPROVED', editedPrompt: request.editedPrompt };
  if (request.status === 'EXPIRED') {
    return { kind: 'REJECTED', code: 'APPROVAL_EXPIRED', reason: 'Nobody decided about the step in time.' };
  }
  const reason = `The step was rejected${request.comment ? ` (“${request.comment}”)` : ''}.`;
  return { kind: 'REJECTED', code: 'APPROVAL_REJECTED', reason };
}

export type Decision =
  | { kind: 'APPROVED'; editedPrompt: string | null }
  | { kind: 'REJECTED'; code: 'APPROVAL_REJECTED' | 'APPROVAL_EXPIRED'; reason: string }
  /** The run was parked, cancelled or handed over: the branch ends without an answer. */
  | { kind: 'STOPPED' };

export type Rejection = Extract<Decision, { kind: 'REJECTED' }>;
