import type { PrismaClient } from '../../../generated/prisma/client.ts';
import { decisionOfStatus } from '../../approvals/decision.ts';
import type { ApprovalSubject } from '../../approvals/subject.ts';
import type { Step } from '../../designs/design.ts';
import { ancestors } from '../../designs/order.ts';
import type { AgentTask } from '../agents/agent.ts';
import type { ClaimedRun } from './claimed-run.ts';

/**
 * What approvers have said about a step and about those before it, oldest first, and the text of the step that was sent
 * back, if one was.
 */
export async function readRemarks(
  prisma: PrismaClient,
  { execution, writer }: ClaimedRun,
  step: Step,
): Promise<Pick<AgentTask, 'remarks' | 'draft'>> {
  const { steps } = writer.state.design;
  const concerned = new Set([...ancestors(steps, step.key), step.key]);
  const asked = steps.filter(({ key, approval }) => approval && concerned.has(key));
  if (asked.length === 0) return { remarks: [], draft: null };
  const requests = await prisma.approvalRequest.findMany({
    where: {
      executionId: execution.id,
      stepKey: { in: asked.map(({ key }) => key) },
      comment: { not: null },
    },
    orderBy: { id: 'asc' },
  });
  const remarks = requests.flatMap(({ stepKey, status, comment }) => {
    const decision = decisionOfStatus(status);
    return decision && comment ? [{ stepKey, decision, text: comment }] : [];
  });
  const sentBack = requests.findLast(({ stepKey, status }) => stepKey === step.key && status === 'REVISED');
  return { remarks, draft: sentBack ? (sentBack.subject as ApprovalSubject).output : null };
}
