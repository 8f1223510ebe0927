import { firstCharacters } from '../../../core/text/characters.ts';
import type { ApprovalRequest, PipelineExecution, PrismaClient } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { databaseTime } from '../../../kernel/database-time.ts';
import { type ApprovalEvent, approvalsLog } from '../../approvals/events.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import type { AgentTask } from '../agents/agent.ts';
import type { ExecutionEvent } from '../events.ts';
import { type Decision, decisionOf } from '../machine.ts';

/** The approval requests of one run, as its worker reads, creates and closes them. */

export async function findRequest(
  prisma: PrismaClient,
  executionId: string,
  stepKey: string,
): Promise<ApprovalRequest | null> {
  return prisma.approvalRequest.findUnique({ where: { executionId_stepKey: { executionId, stepKey } } });
}

/** Whether a parked run can continue. A notification may arrive although nothing was decided. */
export async function isAnyDecided(
  prisma: PrismaClient,
  executionId: string,
  waiting: string[],
): Promise<boolean> {
  const where = { executionId, stepKey: { in: waiting }, status: { not: 'PENDING' as const } };
  return (await prisma.approvalRequest.count({ where })) > 0;
}

/** Returns the decisions about the `waiting` steps, and blocks new decisions until the transaction ends. */
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
  { step, approval, inputs }: NewRequest,
): Promise<ApprovalRequest> {
  const { timing, question, timeoutSeconds } = approval;
  const now = await databaseTime(tx.sql);
  const request = await tx.prisma.approvalRequest.create({
    data: {
      tenantId: run.tenantId,
      executionId: run.id,
      stepKey: step.key,
      timing,
      question: question ?? `Run the step "${step.title}"?`,
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

/** Sends an event to the subscribers of the run and to the users of the tenant who can decide. */
function announce(tx: Tx, emit: Emit, run: Run, event: ApprovalEvent): void {
  emit(event);
  tx.append(approvalsLog(run.tenantId), event);
}

/** The data shown next to the question. */
function payloadOf({ title, agent, prompt }: Step, inputs: AgentTask['inputs']) {
  const excerpts = inputs.map(({ key, title, output }) => ({
    key,
    title,
    excerpt: firstCharacters(output ?? '', MAX_EXCERPT_LENGTH),
  }));
  return { title, agent, prompt, inputs: excerpts };
}

const MAX_EXCERPT_LENGTH = 500;

interface NewRequest {
  step: Step;
  approval: StepApproval;
  inputs: AgentTask['inputs'];
}

type Run = Readonly<Pick<PipelineExecution, 'id' | 'tenantId'>>;
type Emit = (event: ExecutionEvent) => void;
