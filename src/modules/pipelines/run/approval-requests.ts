import type {
  ApprovalRequest,
  ApprovalTiming,
  PipelineExecution,
  PrismaClient,
} from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { databaseTime } from '../../../kernel/database-time.ts';
import { type ApprovalEvent, approvalsLog } from '../../approvals/events.ts';
import { closeApprovals } from '../../approvals/expiry.ts';
import type { ApprovalSubject } from '../../approvals/subject.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import type { AgentTask } from '../agents/agent.ts';
import type { ExecutionEvent } from '../events.ts';
import { type Decision, decisionOf } from './machine.ts';

/** The approval requests of one run, as its worker reads, creates and closes them. */

/** The latest request about a step, which is the one that counts. */
export async function findRequest(
  prisma: PrismaClient,
  executionId: string,
  stepKey: string,
): Promise<ApprovalRequest | null> {
  return prisma.approvalRequest.findFirst({ where: { executionId, stepKey }, orderBy: { round: 'desc' } });
}

/** Whether a parked run can continue. A notification may arrive although nothing was decided. */
export async function isAnyDecided(
  prisma: PrismaClient,
  executionId: string,
  waitingSteps: string[],
): Promise<boolean> {
  const where = { executionId, stepKey: { in: waitingSteps }, status: 'PENDING' as const };
  return (await prisma.approvalRequest.count({ where })) < waitingSteps.length;
}

/** Returns the decisions about these requests, by id, and blocks new decisions until the transaction ends. */
export async function lockDecisions(tx: Tx, ids: string[]): Promise<Map<string, Decision>> {
  await tx.sql('SELECT id FROM approval_requests WHERE id = ANY($1) ORDER BY id FOR UPDATE', [ids]);
  const requests = await tx.prisma.approvalRequest.findMany({
    where: { id: { in: ids }, status: { not: 'PENDING' } },
  });
  return new Map(requests.map((request) => [request.id, decisionOf(request)]));
}

export async function createRequest(
  tx: Tx,
  emit: Emit,
  run: Run,
  { step, approval, inputs, output }: NewRequest,
): Promise<ApprovalRequest> {
  const { timing, question, timeoutSeconds } = approval;
  const now = await databaseTime(tx.sql);
  const earlier = await tx.prisma.approvalRequest.count({
    where: { executionId: run.id, stepKey: step.key },
  });
  const request = await tx.prisma.approvalRequest.create({
    data: {
      tenantId: run.tenantId,
      executionId: run.id,
      stepKey: step.key,
      timing,
      round: earlier + 1,
      question: question ?? QUESTIONS[timing](step.title),
      subject: subjectOf(step, inputs, output),
      requestedAt: now,
      expiresAt: timeoutSeconds === null ? null : new Date(now.getTime() + timeoutSeconds * 1000),
    },
  });
  announce(tx, emit, run, { type: 'ApprovalRequested', approvalId: request.id });
  return request;
}

export async function closeRequests(tx: Tx, emit: Emit, run: Run): Promise<void> {
  for (const { id } of await closeApprovals(tx, run.id))
    announce(tx, emit, run, { type: 'ApprovalDecided', approvalId: id });
}

/** Sends an event to the subscribers of the run and to the users of the tenant who can decide. */
function announce(tx: Tx, emit: Emit, run: Run, event: ApprovalEvent): void {
  emit(event);
  tx.append(approvalsLog(run.tenantId), event);
}

/** The question where the design has none. */
const QUESTIONS = {
  BEFORE_STEP: (title: string) => `Run the step "${title}"?`,
  AFTER_STEP: (title: string) => `Is the output of the step "${title}" right?`,
} as const satisfies Record<ApprovalTiming, (title: string) => string>;

function subjectOf(
  { title, agent, prompt }: Step,
  inputs: AgentTask['inputs'],
  output: string | null,
): ApprovalSubject {
  return {
    title,
    agent,
    prompt,
    inputs: inputs.map((input) => ({ stepKey: input.key, title: input.title, output: input.output ?? '' })),
    output,
  };
}

interface NewRequest {
  step: Step;
  approval: StepApproval;
  inputs: AgentTask['inputs'];
  /** What the step has written. Null before it runs. */
  output: string | null;
}

type Run = Readonly<Pick<PipelineExecution, 'id' | 'tenantId'>>;
type Emit = (event: ExecutionEvent) => void;
