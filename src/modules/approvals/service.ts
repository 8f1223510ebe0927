import { z } from 'zod';
import { visible } from '../../access/visibility.ts';
import { AppError, NotFoundError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import type { Database } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import { recordFindings } from '../../kernel/audit/audit.ts';
import { databaseTime } from '../../kernel/database-time.ts';
import { inspectText, isVisible, NOT_BLANK, rowId, maxCharacters, storedText } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { announceDecided } from './announce.ts';
import { expireApprovals, lockOpen, statusAt } from './expiry.ts';
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
 * Decides a request. Its row is locked while it is open, so that its status changes once, and the same transaction wakes
 * the run. Later decisions fail with AlreadyDecidedError.
 */
export const decideApproval = useCase(
  'Mutation.decideApproval',
  { input: decideApprovalInput, audit: ['approval.decided', 'injection.suspected', 'injection.refused'] },
  async (
    { viewer, transact, record, database }: Scope & Pick<Services, 'database'>,
    { approvalId: id, decision, comment = null, edits },
  ) => {
    const approval = await transact(async (tx) => {
      const where = { id, ...visible('ApprovalRequest', viewer) };
      const request = await tx.prisma.approvalRequest.findFirst({ where, include: { execution: true } });
      if (!request) throw new NotFoundError('The approval request');
      if (!mayDecide(viewer, request)) throw new AppError('FORBIDDEN', whoDecides(request.execution));
      const edited = edits?.prompt == null ? null : inspectText(edits.prompt);
      const editedPrompt = edited && edited.text;
      const decidedAt = await lockOpen(tx, id);
      if (!decidedAt) return null;
      const status = decision === 'APPROVE' ? 'APPROVED' : 'REJECTED';
      const decided = await tx.prisma.approvalRequest.update({
        where: { id },
        data: { status, comment, editedPrompt, decidedById: viewer.userId, decidedAt },
      });
      await announceDecided(tx, decided);
      const target = { type: 'ApprovalRequest', id } as const;
      await record(tx, 'approval.decided', { target, detail: { status, isEdited: edited !== null } });
      if (edited) await recordFindings((...act) => record(tx, ...act), edited.notices, target);
      return decided;
    });

    if (approval) return { approval };
    await expireApprovals({ database });
    throw await alreadyDecided(database, id);
  },
);

async function alreadyDecided(
  { prisma, sql }: Pick<Database, 'prisma' | 'sql'>,
  id: string,
): Promise<AlreadyDecidedError> {
  const request = await prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
  const status = statusAt(await databaseTime(sql), request);
  return new AlreadyDecidedError(id, `The request is already ${status} and can no longer be decided.`);
}

function whoDecides(execution: { requireDifferentApprover: boolean }): string {
  return execution.requireDifferentApprover
    ? 'The design requires that a member other than the one who started the run decides.'
    : 'Only the member who started the run may decide about its steps.';
}
