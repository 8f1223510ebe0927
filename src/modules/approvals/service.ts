import { z } from 'zod';
import { visible } from '../../access/visibility.ts';
import { storableJson } from '../../core/text/storable-text.ts';
import { NotFoundError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import type { Database, Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import { recordFindings } from '../../kernel/audit/audit.ts';
import { databaseTime } from '../../kernel/database-time.ts';
import { isVisible, NOT_BLANK, rowId, maxCharacters } from '../../kernel/input.ts';
import { MAX_EDITED_OUTPUT_LENGTH, MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { announceDecided } from './announce.ts';
import { checkMayDecide, judge } from './decision.ts';
import { expireApprovals, lockOpen, statusAt } from './expiry.ts';

export const MAX_COMMENT_LENGTH = 2_000;
/** Longer than any hash; another one is another subject. */
const MAX_HASH_LENGTH = 256;

const decideApprovalInput = z
  .object({
    approvalId: rowId,
    decision: z.enum(['APPROVE', 'REJECT', 'REVISE']),
    subjectHash: z.string().max(MAX_HASH_LENGTH).nullish(),
    comment: z.string().check(maxCharacters(MAX_COMMENT_LENGTH)).nullish(),
    edits: z
      .object({ prompt: editOf(MAX_STEP_PROMPT_LENGTH), output: editOf(MAX_EDITED_OUTPUT_LENGTH) })
      .nullish(),
  })
  .refine(({ decision, edits }) => decision === 'APPROVE' || (edits?.prompt ?? edits?.output) == null, {
    path: ['edits'],
    message: 'are allowed only with APPROVE; omit them',
  })
  .refine(({ decision, comment }) => decision !== 'REVISE' || isVisible(comment ?? ''), {
    path: ['comment'],
    message: 'is required with REVISE: say what the step should do differently',
    params: { code: 'REQUIRED' },
  });

function editOf(maxLength: number) {
  return z.string().check(maxCharacters(maxLength)).refine(isVisible, NOT_BLANK).nullish();
}

/**
 * Decides a request. Its row is locked while it is open, so that its status changes once, and the same transaction wakes
 * the run. Later decisions, and those about a run that is ending, fail with AlreadyDecidedError.
 */
export const decideApproval = useCase(
  'Mutation.decideApproval',
  { input: decideApprovalInput, audit: ['approval.decided', 'injection.suspected', 'injection.refused'] },
  async (
    {
      viewer,
      transact,
      record,
      database,
      decisionSignals,
    }: Scope & Pick<Services, 'database' | 'decisionSignals'>,
    { approvalId: id, ...input },
  ) => {
    const approval = await transact(async (tx) => {
      const where = { id, ...visible('ApprovalRequest', viewer) };
      const request = await tx.prisma.approvalRequest.findFirst({ where, include: { execution: true } });
      if (!request) throw new NotFoundError('The approval request');
      checkMayDecide(viewer, request);
      const decidedAt = await lockOpen(tx, id);
      if (!decidedAt) return null;
      const { change, notices } = judge(request, input);
      const decided = await tx.prisma.approvalRequest.update({
        where: { id },
        data: { ...change, decidedById: viewer.userId, decidedAt },
      });
      await announceDecided(tx, decided);
      const target = { type: 'ApprovalRequest', id } as const;
      const isEdited = (change.editedPrompt ?? change.editedOutput) !== null;
      await record(tx, 'approval.decided', { target, detail: { status: change.status, isEdited } });
      await recordFindings((...act) => record(tx, ...act), notices, target);
      await addNotices(tx, request.executionId, notices);
      return decided;
    });

    if (approval) {
      const { executionId, comment } = approval;
      const { claims: decidedBy } = viewer.credential;
      decisionSignals.send({ approvalId: id, executionId, decision: input.decision, comment, decidedBy });
      return { approval };
    }
    await expireApprovals({ database });
    throw await alreadyDecided(database, id);
  },
);

/** Adds to the notices of a run. In SQL, since Prisma cannot append to a list in JSON. */
export async function addNotices(
  { sql }: Pick<Tx, 'sql'>,
  executionId: string,
  notices: readonly Notice[],
): Promise<void> {
  if (notices.length === 0) return;
  const added = storableJson(notices);
  await sql('UPDATE pipeline_executions SET notices = notices || $2::jsonb WHERE id = $1', [
    executionId,
    added,
  ]);
}

async function alreadyDecided(
  { prisma, sql }: Pick<Database, 'prisma' | 'sql'>,
  id: string,
): Promise<AlreadyDecidedError> {
  const request = await prisma.approvalRequest.findUniqueOrThrow({ where: { id } });
  const status = statusAt(await databaseTime(sql), request);
  const why =
    status === 'PENDING'
      ? 'The request belongs to a run that is ending,'
      : `The request is already ${status}`;
  return new AlreadyDecidedError(id, `${why} and can no longer be decided.`);
}
