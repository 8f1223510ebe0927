import { NotFoundError, UnsafeInputError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import { ApprovalStatus } from '../../generated/prisma/enums.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { oneOf } from '../../schema-kit/filters.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { UserRef } from '../auth/schema.ts';
import { ApprovalTimingRef } from '../designs/schema.ts';
import { visibleTo } from './policy.ts';
import { decideApproval, MAX_COMMENT_LENGTH } from './service.ts';

const ApprovalStatusRef = builder.enumType('ApprovalStatus', {
  description: 'Where a request stands. It leaves PENDING once.',
  values: {
    [ApprovalStatus.PENDING]: { description: 'Nobody has decided yet.' },
    [ApprovalStatus.APPROVED]: { description: 'The step runs, with the edits if there were any.' },
    [ApprovalStatus.REJECTED]: {
      description:
        'The step does not run; the `onReject` of its `approval` says what that means for the run.',
    },
    [ApprovalStatus.EXPIRED]: { description: 'Nobody decided in time; this acts as a rejection.' },
    [ApprovalStatus.CANCELLED]: { description: 'The run ended before anybody decided.' },
  },
});

const ApprovalDecisionRef = builder.enumType('ApprovalDecision', {
  description: 'What a person decides.',
  values: {
    APPROVE: { description: 'Let the step run.' },
    REJECT: { description: 'Do not let it run.' },
  },
});

const ApprovalEditsInput = builder.inputType('ApprovalEditsInput', {
  description: 'What an approval changes about its step.',
  fields: (t) => ({
    prompt: t.string({
      description: `The step runs with this prompt instead; at most ${MAX_STEP_PROMPT_LENGTH} characters.`,
    }),
  }),
});

export const ApprovalRequestRef = node('ApprovalRequest', {
  description:
    'A question that a step of a run asks before it runs. It may wait for days, and through restarts.',
  visibleTo,
  fields: (t) => ({
    status: t.expose('status', { type: ApprovalStatusRef, description: 'Where it stands.' }),
    stepKey: t.exposeString('stepKey', { description: 'The step that asks.' }),
    timing: t.expose('timing', { type: ApprovalTimingRef, description: 'When the step asked.' }),
    sessionId: t.exposeString('executionId', {
      description: 'The session of the Redis channel `hitl:channel:{sessionId}`: the bare id of the run.',
    }),
    question: t.exposeString('question', { description: 'What is asked.' }),
    payload: t.field({
      type: 'JSONObject',
      description:
        'What to decide about: `title`, `agent` and `prompt` of the step, and `inputs`, each with an `excerpt`.',
      resolve: (request) => request.payload as Record<string, unknown>,
    }),
    comment: t.exposeString('comment', {
      nullable: true,
      description: 'What the person said about the decision.',
    }),
    decidedBy: t.relation('decidedBy', {
      type: UserRef,
      nullable: true,
      description: 'Who decided; null while nobody has, and for EXPIRED and CANCELLED.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the step asked.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From then on it can no longer be decided; null: it waits for ever.',
    }),
    decidedAt: t.expose('decidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it left PENDING.',
    }),
  }),
});

errorType(AlreadyDecidedError, {
  description:
    'Somebody was first, or the time is over, or the run has ended. The decision that stands is in `approval`.',
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with the decision that stands.',
      resolve: (query, error, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: error.approvalId } }),
    }),
  }),
});

const ApprovalFilterInput = builder.inputType('ApprovalFilter', {
  description: 'Conditions that all hold.',
  fields: (t) => ({
    statuses: t.field({
      type: [ApprovalStatusRef],
      description: 'Status is one of these. Left out: PENDING. Null: any.',
    }),
    executionId: t.id({ description: 'Asked by this run.' }),
  }),
});

queryOne('approvalRequest', {
  model: 'ApprovalRequest',
  visibleTo,
  description: 'One approval request. Null when it does not exist or is not visible to you.',
});

queryList('approvalRequests', {
  model: 'ApprovalRequest',
  connection: connection(ApprovalRequestRef, 'ApprovalRequest'),
  visibleTo,
  description: 'Approval requests that are visible to you, newest first.',
  args: (t) => ({
    filter: t.arg({ type: ApprovalFilterInput, description: 'Left out: those that are PENDING.' }),
  }),
  cursor: 'id',
  filter: ({ filter }) => ({
    status: oneOf(filter?.statuses === undefined ? ['PENDING'] : filter.statuses),
    executionId: filter?.executionId ? decodeId(filter.executionId, 'PipelineExecution') : undefined,
  }),
  order: () => ({ by: 'id', direction: 'DESC' }),
});

mutation(decideApproval, {
  description:
    'Decides a request, once: the first decision stands and wakes the run; whoever comes second gets AlreadyDecidedError.',
  success: { approval: { type: ApprovalRequestRef, description: 'The request with its decision.' } },
  errors: [NotFoundError, AlreadyDecidedError, UnsafeInputError],
  input: (t) => ({
    approvalId: t.id({ required: true, description: 'Id of the approval request.' }),
    decision: t.field({ type: ApprovalDecisionRef, required: true, description: 'Let the step run or not.' }),
    comment: t.string({ description: `Kept with the decision; at most ${MAX_COMMENT_LENGTH} characters.` }),
    edits: t.field({ type: ApprovalEditsInput, description: 'Changes to the step; only with APPROVE.' }),
  }),
  decodeIds: (input) => ({ ...input, approvalId: decodeId(input.approvalId, 'ApprovalRequest') }),
});
