import type { ApprovalRequest } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import { type Decision, decisionOf, type Rejection } from './machine.ts';
import { findRequest } from './approval-requests.ts';
import type { ApprovalWaiters } from './approval-waiters.ts';
import type { ClaimedRun } from './claimed-run.ts';
import type { AsTask } from './graph.ts';
import { executeStep } from './step.ts';
import { acceptOutput, askBefore, sendBack } from './step-approval.ts';

/**
 * Takes one step from where an earlier claim left it to its end, or to where the run stops: asks before it runs, or
 * about what it has written, and carries out what was decided. Whoever decides finds the request in the database, and
 * so does whoever continues: nothing about it is kept in memory only.
 */
export async function runStep(work: StepCourse, step: Step): Promise<void> {
  const { approval } = step;
  if (approval?.timing === 'AFTER_STEP') return runUntilAccepted(work, step);
  const decision = approval ? await decisionBefore(work, step, approval) : APPROVED;
  if (decision.kind === 'REJECTED') return reject(work, step, decision);
  if (decision.kind === 'APPROVED') await execute(work, step, decision.editedPrompt);
}

async function runUntilAccepted(work: StepCourse, step: Step): Promise<void> {
  const { run, waiters } = work;
  while (work.mayStart()) {
    if (run.writer.state.step(step.key).output === null) await execute(work, step, null);
    if (!work.mayStart() || run.writer.state.step(step.key).output === null) return; // failed, or stopped
    const request = await waiters.busy(() => latestRequest(work, step));
    const decision = await decisionAbout(work, request!);
    if (decision.kind === 'STOPPED') return;
    if (decision.kind === 'REJECTED') return reject(work, step, decision);
    if (decision.kind === 'APPROVED')
      return waiters.busy(() => acceptOutput(run, step, decision.editedOutput));
    await waiters.busy(() => sendBack(run, step, decision.reason));
  }
}

async function decisionBefore(work: StepCourse, step: Step, approval: StepApproval): Promise<Decision> {
  const { run, waiters } = work;
  const request = await waiters.busy(
    async () => (await latestRequest(work, step)) ?? (await askBefore(run, step, approval)),
  );
  return decisionAbout(work, request);
}

function latestRequest({ services, run }: StepCourse, { key }: Step): Promise<ApprovalRequest | null> {
  return findRequest(services.database.prisma, run.execution.id, key);
}

async function decisionAbout({ waiters }: StepCourse, request: ApprovalRequest): Promise<Decision> {
  return request.status === 'PENDING' ? waiters.wait(request.id) : decisionOf(request);
}

async function execute(
  { services, run, waiters, signal, asTask }: StepCourse,
  step: Step,
  editedPrompt: string | null,
): Promise<void> {
  const work = { run, step, editedPrompt, signal };
  await waiters.busy(() => asTask(() => executeStep(services, work)));
}

async function reject({ run, waiters }: StepCourse, step: Step, { code, reason }: Rejection): Promise<void> {
  const { writer } = run;
  if (step.approval?.onReject === 'SKIP') return waiters.busy(() => writer.skipStep(step.key, reason));
  const message = `${reason} Start the run again, or change the design so that a rejection skips the step.`;
  const failure = { code, message, stepKey: step.key };
  await waiters.busy(() => writer.failStep(step.key, failure));
}

const APPROVED: Decision = { kind: 'APPROVED', editedPrompt: null, editedOutput: null };

export interface StepCourse {
  services: Services;
  run: ClaimedRun;
  waiters: ApprovalWaiters;
  signal: AbortSignal;
  asTask: AsTask;
  /** Whether a step may start, or start again. */
  mayStart: () => boolean;
}
