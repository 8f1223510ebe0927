import type { ApprovalRequest } from '../../../generated/prisma/client.ts';
import type { Notice } from '../../../kernel/notice.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import type { ExecutionEvent } from '../events.ts';
import { createRequest } from './approval-requests.ts';
import type { ClaimedRun } from './claimed-run.ts';
import { recordNotices, type SettledCall, type StepResult, updateRun } from './run-writer.ts';

/** The writes about the approval of one step, each in one transaction with the change of its status. */

/** Asks whether the step may run. */
export async function askBefore(
  { execution, writer }: ClaimedRun,
  step: Step,
  approval: StepApproval,
): Promise<ApprovalRequest> {
  const about = { step, approval, inputs: writer.state.inputsOf(step), output: null };
  let request: ApprovalRequest | undefined;
  await writer.changeStep(
    step.key,
    { status: 'WAITING_FOR_APPROVAL' },
    { also: async (tx, emit) => void (request = await createRequest(tx, emit, execution, about)) },
  );
  return request!;
}

/**
 * Asks about the output that the step has just written, and settles the call that wrote it. Asks nobody when the run has
 * failed meanwhile.
 */
export async function askAfter(
  { execution, writer }: ClaimedRun,
  step: Step,
  approval: StepApproval,
  { result, notices, call }: WrittenOutput,
): Promise<void> {
  const about = { step, approval, inputs: writer.state.inputsOf(step), output: result.output };
  await writer.changeStep(
    step.key,
    { status: 'WAITING_FOR_APPROVAL', ...result },
    {
      call,
      also: async (tx, emit) => {
        await updateRun(tx, execution.id, { stalledClaims: 0 });
        await recordNotices(tx, execution, notices);
        if (writer.state.failure === null) await createRequest(tx, emit, execution, about);
      },
    },
  );
}

/**
 * Lets the output that was asked about stand, or the approver's own. That one is streamed as an attempt of its own, so
 * that the texts of a reader are the outputs.
 */
export async function acceptOutput({ writer }: ClaimedRun, step: Step, edited: string | null): Promise<void> {
  const { output, attempts } = writer.state.step(step.key);
  if (edited === null) return writer.changeStep(step.key, { status: 'SUCCEEDED', output });
  const { key: stepKey, agent } = step;
  const attempt = attempts + 1;
  await writer.changeStep(
    stepKey,
    { status: 'SUCCEEDED', output: edited, attempts: attempt },
    {
      first: (emit) => {
        for (const chunk of chunksOf(edited))
          emit({ type: 'AgentToken', stepKey, agent, attempt, ...chunk } satisfies ExecutionEvent);
      },
    },
  );
}

/** Discards the output that was asked about. The step runs again. */
export async function sendBack({ writer }: ClaimedRun, { key }: Step, reason: string): Promise<void> {
  await writer.changeStep(key, { status: 'PENDING' }, { reason });
}

/** Never splits a character. */
function chunksOf(text: string): { offset: number; text: string }[] {
  return [...text.matchAll(CHUNK)].map(({ index, 0: chunk }) => ({ offset: index, text: chunk }));
}

/** Keeps an event far below the limit of any transport. */
const CHUNK = /[^]{1,2000}/gu;

interface WrittenOutput {
  result: StepResult;
  notices: Notice[];
  call: SettledCall;
}
