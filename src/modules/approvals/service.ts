import { z } from 'zod';
import { visible } from '../../access/visibility.ts';
import { AppError, NotFoundError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import type { Database, Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import { recordAct, recordFindings } from '../../kernel/audit/audit.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { inspectText, isVisible, NOT_BLANK, rowId, maxCharacters, storedText } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { approvalsLog, executionApprovalsLog } from './events.ts';
import { mayDecide } from './policy.ts';

export const MAX_COMMENT_LENGTH = 2_000;

const decideApprovalInput = z
  .object({
    approvalId: rowId,
    decision: z.enum(['APPROVE', 'REJECT']),
    comment: storedText.check(maxCharacters(MAX_COMMENT_LENGTH)).nullish(),
    edits: z
      .object({
        prompt: z
          .string()
          .check(maxCharacters(MAX_STEP_PROMPT_LENGTH))
          .refine(isVisible, NOT_BLANK)
          .nullish(),
      })
      .nullish(),
  })
  .refine(({ decision, edits }) => decision === 'APPROVE' || edits?.prompt == null, {
    path: ['edits', 'prompt'],
    message: 'edits are allowed only with APPROVE; omit them to reject',
  });

/**
 * Decides a request. A conditional update changes the status from PENDING exactly once, and the same transaction wakes
 * the run. Later decisions fail with AlreadyDecidedError.
 */
export const decideApproval = useCase(
  'Mutation.decideApproval',
  { input: decideApprovalInput, audit: ['approval.decided', 'injection.suspected', 'injection.refused'] },
  async (
    { viewer, transact, record, database, clock }: Scope & Pick<Services, 'database' | 'clock'>,
    { approvalId: id, decision, comment = null, edits },
  ) => {
    const approval = await transact(async (tx) => {
      const where = { id, ...visible('ApprovalRequest', viewer) };
      const request = await tx.prisma.approvalRequest.findFirst({ where, include: { execution: true } });
      if (!request) throw new NotFoundError('The approval request');
      if (!mayDecide(viewer, request)) throw new AppError('FORBIDDEN', whoDecides(request.execution));
      const edited = edits?.prompt == null ? null : inspectText(edits.prompt);
      const editedPrompt = edited && edited.text;
      const now = clock();
      const status = decision === 'APPROVE' ? 'APPROVED' : 'REJECTED';
      const { count } = await tx.prisma.approvalRequest.updateMany({
        where: { id, status: 'PENDING', OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        data: { status, comment, editedPrompt, decidedById: viewer.userId, decidedAt: now },
      });
      if (count === 0) return null;
      await announce(tx, request);
      const target = { type: 'ApprovalRequest', id } as const;
      await record(tx, 'approval.decided', { target, detail: { status, isEdited: edited !== null } });
      if (edited) await recordFindings((...act) => record(tx, ...act), edited.notices, target);
      return tx.prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
    });

    if (approval) return { approval };
    await expireApprovals({ database, clock });
    throw await alreadyDecided(database, id);
  },
);

/** Sets overdue requests to EXPIRED, which has the effect of a rejection. Safe to run in several processes. */
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
    for (const request of expired) {
      await announce(tx, request);
      const { id, tenantId } = request;
      const target = { type: 'ApprovalRequest', id } as const;
      await recordAct(tx, 'approval.expired', { tenantId, actorId: null, target });
    }
  });
}

/** Writes the decision to the log of the run and to that of the tenant's approvals, and wakes the run's worker. */
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
  return new AlreadyDecidedError(id, `The request is already ${status} and can no longer be decided.`);
}

function whoDecides(execution: { requireDifferentApprover: boolean }): string {
  return execution.requireDifferentApprover
    ? 'The design requires that a member other than the one who started the run decides.'
    : 'Only the member who started the run may decide about its steps.';
}
