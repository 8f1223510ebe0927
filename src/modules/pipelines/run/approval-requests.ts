import type { ApprovalRequest, PipelineExecution, PrismaClient } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { type ApprovalEvent, approvalsLog } from '../../approvals/events.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import type { AgentTask } from '../agents/agent.ts';
import type { ExecutionEvent } from '../events.ts';
import { type Decision, decisionOf } from '../machine.ts';

/** The requests for approval of one run, as its worker reads, makes and closes them. */

export async function findRequest(
  prisma: PrismaClient,
  executionId: string,
  stepKey: string,
): Promise<ApprovalRequest | null> {
  return prisma.approvalRequest.findUnique({ where: { executionId_stepKey: { executionId, stepKey } } });
}

/** Whether a parked run has anything to go on with: a notify may come for nothing. */
export async function isAnyDecided(
  prisma: PrismaClient,
  executionId: string,
  waiting: string[],
): Promise<boolean> {
  const where = { executionId, stepKey: { in: waiting }, status: { not: 'PENDING' as const } };
  return (await prisma.approvalRequest.count({ where })) > 0;
}

/** The decisions about `waiting` that stand; until the transaction ends, no other is made. */
export async function lockDecisions(
  tx: Tx,
  executionId: string,
  waiting: string[],
): Promise<Map<string, Decision>> {
  await tx.sql('SELECT id FROM approval_requests WHERE execution_id = $1 ORDER BY id FOR UPDATE', [
    executionId,
  ]);
  const requests = await tx.prisma.approvalRequest.findMany({
    where: { executionId, stepKey: { in: waiting }, status: { not: 'PENDING' } },
  });
  return new Map(requests.map((request) => [request.stepKey, decisionOf(request)]));
}

export async function createRequest(
  tx: Tx,
  emit: Emit,
  run: Run,
  { step, approval, inputs, now }: NewRequest,
): Promise<ApprovalRequest> {
  const { timing, question, timeoutSeconds } = approval;
  const request = await tx.prisma.approvalRequest.create({
    data: {
      tenantId: run.tenantId,
      executionId: run.id,
      stepKey: step.key,
      timing,
      question: question ?? `Shall the step "${step.title}" run?`,
      payload: payloadOf(step, inputs),
      requestedAt: now,
      expiresAt: timeoutSeconds === null ? null : new Date(now.getTime() + timeoutSeconds * 1000),
    },
  });
  announce(tx, emit, run, { type: 'ApprovalRequested', approvalId: request.id });
  return request;
}

export async function closeRequests(tx: Tx, emit: Emit, run: Run, decidedAt: Date): Promise<void> {
  const closed = await tx.prisma.approvalRequest.updateManyAndReturn({
    where: { executionId: run.id, status: 'PENDING' },
    data: { status: 'CANCELLED', decidedAt },
    select: { id: true },
  });
  for (const { id } of closed) announce(tx, emit, run, { type: 'ApprovalDecided', approvalId: id });
}

/** To the readers of the run, and to those in the tenant who may decide. */
function announce(tx: Tx, emit: Emit, run: Run, event: ApprovalEvent): void {
  emit(event);
  tx.append(approvalsLog(run.tenantId), event);
}

/** What the person sees beside the question. */
function payloadOf({ title, agent, prompt }: Step, inputs: AgentTask['inputs']) {
  const excerpts = inputs.map(({ key, title, output }) => ({
    key,
    title,
    excerpt: (output ?? '').slice(0, MAX_EXCERPT_LENGTH),
  }));
  return { title, agent, prompt, inputs: excerpts };
}

const MAX_EXCERPT_LENGTH = 500;

interface NewRequest {
  step: Step;
  approval: StepApproval;
  inputs: AgentTask['inputs'];
  now: Date;
}

type Run = Readonly<Pick<PipelineExecution, 'id' | 'tenantId'>>;
type Emit = (event: ExecutionEvent) => void;
