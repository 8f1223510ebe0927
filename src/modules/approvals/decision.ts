import { AppError, ConflictError, ValidationError } from '../../errors.ts';
import type { ApprovalRequest, ApprovalStatus } from '../../generated/prisma/client.ts';
import { inspectData, inspectText, type InspectedText, isVisible } from '../../kernel/input.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type DecidableRequest, mayDecide } from './policy.ts';
import type { Viewer } from '../../access/viewer.ts';
import { type ApprovalSubject, hashOf } from './subject.ts';

/** A step runs at most so often with remarks, the first time included. */
export const MAX_ROUNDS = 5;

const STATUS_OF = { APPROVE: 'APPROVED', REJECT: 'REJECTED', REVISE: 'REVISED' } as const;

/** The decision by which a request got its status. Null where nobody has decided. */
export function decisionOfStatus(status: ApprovalStatus): ApprovalDecision | null {
  const decisions = Object.keys(STATUS_OF) as ApprovalDecision[];
  return decisions.find((decision) => STATUS_OF[decision] === status) ?? null;
}

/** Errors: FORBIDDEN. */
export function checkMayDecide(viewer: Viewer, request: DecidableRequest): void {
  if (mayDecide(viewer, request)) return;
  const who = request.execution.requireDifferentApprover
    ? 'The design requires that a member other than the one who started the run decides.'
    : 'Only the member who started the run may decide about its steps.';
  throw new AppError('FORBIDDEN', who);
}

/**
 * What a decision changes about an open request. Text is checked: what is found in the comment or in an output, which
 * models read as data, becomes notices; a prompt with a severe finding is refused.
 * Errors: ConflictError, ValidationError, UnsafeInputError.
 */
export function judge(request: ApprovalRequest, input: DecisionInput): Judgement {
  const subject = request.subject as ApprovalSubject;
  checkHash(request, subject, input.subjectHash);
  checkTiming(request, input);
  const { edits, decision } = input;
  const comment = isVisible(input.comment ?? '') ? inspectData(input.comment!) : NOTHING;
  const prompt = changed(edits?.prompt, subject.prompt) ? inspectText(edits!.prompt!) : NOTHING;
  const output = changed(edits?.output, subject.output) ? inspectData(edits!.output!) : NOTHING;
  return {
    change: {
      status: STATUS_OF[decision],
      comment: comment.text,
      editedPrompt: prompt.text,
      editedOutput: output.text,
    },
    notices: [comment, prompt, output]
      .flatMap(({ notices }) => notices)
      .map((found) => ({ ...found, stepKey: request.stepKey })),
  };
}

function checkHash({ id }: ApprovalRequest, subject: ApprovalSubject, expected?: string | null): void {
  if (expected == null || expected === hashOf(subject)) return;
  throw new ConflictError(
    'STALE_VERSION',
    `The decision is about another subject: its hash is ${hashOf(subject)}. Read the subject again, then decide with that hash.`,
    { type: 'ApprovalRequest', id },
  );
}

function checkTiming({ id, timing, round }: ApprovalRequest, { decision, edits }: DecisionInput): void {
  if (timing === 'BEFORE_STEP') {
    if (decision === 'REVISE')
      refuse('decision', 'The step has written nothing yet. Approve with edits.prompt, or reject.');
    if (edits?.output != null)
      refuse('edits.output', 'The step has written nothing yet. Change its prompt with edits.prompt.');
    return;
  }
  if (edits?.prompt != null)
    refuse(
      'edits.prompt',
      'The step has run. Change its output with edits.output, or send it back with REVISE.',
    );
  if (decision !== 'REVISE' || round < MAX_ROUNDS) return;
  throw new ConflictError(
    'WRONG_STATE',
    `This is round ${round} of ${MAX_ROUNDS}: the step cannot run again. Approve it, with edits.output where something must change, or reject it.`,
    { type: 'ApprovalRequest', id },
  );
}

function refuse(path: string, message: string): never {
  throw new ValidationError([{ code: 'NOT_ALLOWED', path: path.split('.'), message }]);
}

/** A text that is sent back as it was is no edit. */
function changed(edit: string | null | undefined, original: string | null): boolean {
  return edit != null && edit !== original;
}

const NOTHING: { text: null; notices: InspectedText['notices'] } = { text: null, notices: [] };

export type ApprovalDecision = keyof typeof STATUS_OF;

export interface DecisionInput {
  decision: ApprovalDecision;
  subjectHash?: string | null | undefined;
  comment?: string | null | undefined;
  edits?: { prompt?: string | null | undefined; output?: string | null | undefined } | null | undefined;
}

interface Judgement {
  change: Pick<ApprovalRequest, 'status' | 'comment' | 'editedPrompt' | 'editedOutput'>;
  /** What the check of the texts found. */
  notices: Notice[];
}
