import { z } from 'zod';
import { AppError, NotFoundError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import type { Database, Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { inspectText, isVisible, NOT_BLANK, rowId, storedText } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { approvalsLog, executionApprovalsLog } from './events.ts';
import { mayDecide, visibleTo } from './policy.ts';

export const MAX_COMMENT_LENGTH = 2_000;

const decideApprovalInput = z
  .object({
    approvalId: rowId,
    decision: z.enum(['APPROVE', 'REJECT']),
    comment: storedText.max(MAX_COMMENT_LENGTH).nullish(),
    edits: z
      .object({
        prompt: z.string().max(MAX_STEP_PROMPT_LENGTH).refine(isVisible, NOT_BLANK).nullish(),
      })
      .nullish(),
  })
  .refine(({ decision, edits }) => decision === 'APPROVE' || edits?.prompt == null, {
    path: ['edits', 'prompt'],
    message: 'only an approval can carry edits; leave them out to reject',
  });

/**
 * Decides a request, once: the row's one way out of PENDING is a conditional update, and the run is woken in the
 * same transaction. Whoever comes second gets AlreadyDecidedError with the decision that stands.
 */
export const decideApproval = useCase(
  'Mutation.decideApproval',
  { input: decideApprovalInput },
  async (
    { viewer, transact, database, clock }: Scope & Pick<Services, 'database' | 'clock'>,
    { approvalId: id, decision, comment = null, edits },
  ) => {
    const editedPrompt = edits?.prompt == null ? null : inspectText(edits.prompt).text;
    const approval = await transact(async (tx) => {
      const where = { id, ...visibleTo(viewer) };
      const request = await tx.prisma.approvalRequest.findFirst({ where, include: { execution: true } });
      if (!request) throw new NotFoundError('The approval request');
      if (!mayDecide(viewer, request)) throw new AppError('FORBIDDEN', whoDecides(request.execution));
      const now = clock();
      const status = decision === 'APPROVE' ? 'APPROVED' : 'REJECTED';
      const { count } = await tx.prisma.approvalRequest.updateMany({
        where: { id, status: 'PENDING', OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        data: { status, comment, editedPrompt, decidedById: viewer.userId, decidedAt: now },
      });
      if (count === 0) return null;
      await announce(tx, request);
      return tx.prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
    });

    if (approval) return { approval };
    await expireApprovals({ database, clock });
    throw await alreadyDecided(database, id);
  },
);

/** Turns requests whose time is over into EXPIRED ones, which act as rejections; any process may do it. */
export async function expireApprovals({
  database,
  clock,
}: Pick<Services, 'database' | 'clock'>): Promise<void> {
  await database.transact(async (tx) => {
    const now = clock();
    const due = await tx.sql<{ id: string }>(
      `SELECT id FROM approval_requests WHERE status = 'PENDING' AND expires_at <= $1
       ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED`,
      [now],
    );
    if (due.length === 0) return;
    const expired = await tx.prisma.approvalRequest.updateManyAndReturn({
      where: { id: { in: due.map(({ id }) => id) } },
      data: { status: 'EXPIRED', decidedAt: now },
    });
    for (const request of expired) await announce(tx, request);
  });
}

/** Tells the run's readers, the tenant's deciders and the run's worker, wherever it is or will be. */
async function announce(
  tx: Tx,
  request: Pick<ApprovalRequest, 'id' | 'tenantId' | 'executionId' | 'stepKey'>,
) {
  const event = { type: 'ApprovalDecided' as const, approvalId: request.id };
  tx.append(executionApprovalsLog(request.executionId), event);
  tx.append(approvalsLog(request.tenantId), event);
  tx.append(signalsLog(request.executionId), { type: 'decided', stepKey: request.stepKey });
  await tx.send('run', request.executionId);
}

async function alreadyDecided(
  { prisma }: Pick<Database, 'prisma'>,
  id: string,
): Promise<AlreadyDecidedError> {
  const { status } = await prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
  return new AlreadyDecidedError(id, `The request is ${status} already; that decision stands.`);
}

function whoDecides(execution: { requireDifferentApprover: boolean }): string {
  return execution.requireDifferentApprover
    ? 'The design asks for another member than the one who started the run to decide.'
    : 'Only the one who started the run decides about its steps.';
}
