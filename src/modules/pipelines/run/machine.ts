import type { ApprovalRequest, StepExecution } from '../../../generated/prisma/client.ts';

/**
 * The states of a run.
 *
 *   QUEUED ──▶ RUNNING ──▶ SUCCEEDED | FAILED | CANCELLED
 *               ▲   │
 *               │   ▼      when the run can continue only after a person's decision; the claim is released
 *        WAITING_FOR_APPROVAL
 *
 * A step is PENDING until the steps that it depends on have finished, RUNNING during an attempt (and PENDING again when
 * the attempt is discarded), and WAITING_FOR_APPROVAL until a person decides: BEFORE_STEP without an output, AFTER_STEP
 * with the one that is asked about. That one stands, or is discarded, and the step is PENDING again when it was sent
 * back. SUCCEEDED, SKIPPED, FAILED and CANCELLED are final. SUCCEEDED and SKIPPED count as finished: dependent steps may
 * start.
 */
export function isFinished({ status }: Pick<StepExecution, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'SKIPPED';
}

/** Whether the status of the step can no longer change. */
export function isFinal(step: Pick<StepExecution, 'status'>): boolean {
  return isFinished(step) || step.status === 'FAILED' || step.status === 'CANCELLED';
}

/** The decision of a request that has been decided, has expired, or was closed. */
export function decisionOf(request: ApprovalRequest): Decision {
  const { status, editedPrompt, editedOutput } = request;
  if (status === 'APPROVED') return { kind: 'APPROVED', editedPrompt, editedOutput };
  if (status === 'CANCELLED') return { kind: 'STOPPED' };
  if (status === 'EXPIRED') {
    return { kind: 'REJECTED', code: 'APPROVAL_EXPIRED', reason: 'Nobody decided about the step in time.' };
  }
  const remark = request.comment ? ` (“${request.comment}”)` : '';
  if (status === 'REVISED') return { kind: 'REVISED', reason: `The output was sent back${remark}.` };
  const reason = `The step was rejected${remark}.`;
  return { kind: 'REJECTED', code: 'APPROVAL_REJECTED', reason };
}

export type Decision =
  | { kind: 'APPROVED'; editedPrompt: string | null; editedOutput: string | null }
  | { kind: 'REVISED'; reason: string }
  | { kind: 'REJECTED'; code: 'APPROVAL_REJECTED' | 'APPROVAL_EXPIRED'; reason: string }
  /** The run was parked, cancelled or handed over, or has failed: the branch ends without a decision. */
  | { kind: 'STOPPED' };

export type Rejection = Extract<Decision, { kind: 'REJECTED' }>;
