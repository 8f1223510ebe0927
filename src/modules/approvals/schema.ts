import { NotFoundError, UnsafeInputError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import { ApprovalStatus } from '../../generated/prisma/enums.ts';
import { timeOfAnswer } from '../../kernel/database-time.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { UserRef } from '../auth/schema.ts';
import { ApprovalTimingRef } from '../designs/schema.ts';
import { endedAt, hasStatusAt, statusAt } from './expiry.ts';
import { decideApproval, MAX_COMMENT_LENGTH } from './service.ts';

const ApprovalStatusRef = builder.enumType('ApprovalStatus', {
  description: 'Status of an approval request. All statuses except PENDING are final.',
  values: {
    [ApprovalStatus.PENDING]: { description: 'The request awaits a decision.' },
    [ApprovalStatus.APPROVED]: { description: 'The step runs, with the edits if there are any.' },
    [ApprovalStatus.REJECTED]: {
      description:
        'The step does not run. The `onReject` of its `approval` determines the effect on the run.',
    },
    [ApprovalStatus.EXPIRED]: {
      description: 'The request was not decided in time. Has the effect of a rejection.',
    },
    [ApprovalStatus.CANCELLED]: { description: 'The run ended before a decision.' },
  },
});

const ApprovalDecisionRef = builder.enumType('ApprovalDecision', {
  description: 'Decision about an approval request.',
  values: {
    APPROVE: { description: 'Let the step run.' },
    REJECT: { description: 'Do not let the step run.' },
  },
});

const ApprovalEditsInput = builder.inputType('ApprovalEditsInput', {
  description: 'Changes that an approval makes to its step.',
  fields: (t) => ({
    prompt: t.string({
      description: `Prompt that replaces the prompt of the step, at most ${MAX_STEP_PROMPT_LENGTH} characters.`,
    }),
  }),
});

export const ApprovalRequestRef = node('ApprovalRequest', {
  description:
    'A request of a run that a user approves or rejects a step. It is durable and can stay open for days.',
  fields: (t) => ({
    status: t.field({
      type: ApprovalStatusRef,
      description: 'Current status.',
      select: { status: true, expiresAt: true },
      resolve: async (request, _args, ctx) => statusAt(await timeOfAnswer(ctx), request),
    }),
    stepKey: t.exposeString('stepKey', { description: 'Key of the step that requires the approval.' }),
    timing: t.expose('timing', {
      type: ApprovalTimingRef,
      description: 'Point at which the step requested approval.',
    }),
    sessionId: t.exposeString('executionId', {
      description: 'Session id of the Redis channel `hitl:channel:{sessionId}`: the internal id of the run.',
    }),
    question: t.exposeString('question', { description: 'Question to decide.' }),
    payload: t.field({
      type: 'JSONObject',
      description:
        'Details of the step: its `title`, `agent` and `prompt`, and its `inputs`, each with an `excerpt`.',
      resolve: (request) => request.payload as Record<string, unknown>,
    }),
    comment: t.exposeString('comment', {
      nullable: true,
      description: 'Comment on the decision.',
    }),
    decidedBy: t.relation('decidedBy', {
      type: UserRef,
      nullable: true,
      description: 'User who decided. Null unless the status is APPROVED or REJECTED.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'Time of the request.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the request expires. Null means never.',
    }),
    decidedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time when the status became final. Null while PENDING.',
      select: { status: true, expiresAt: true, decidedAt: true },
      resolve: async (request, _args, ctx) => endedAt(await timeOfAnswer(ctx), request),
    }),
  }),
});

errorType(AlreadyDecidedError, {
  description: 'The request is no longer PENDING: it was decided, has expired, or its run has ended.',
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with its final status.',
      resolve: (query, error, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: error.approvalId } }),
    }),
  }),
});

const ApprovalFilterInput = builder.inputType('ApprovalFilter', {
  description: 'Filter for approval requests. All conditions must match.',
  fields: (t) => ({
    statuses: t.field({
      type: [ApprovalStatusRef],
      description: 'Statuses to include. Default: PENDING. Null means any status.',
    }),
    executionId: t.id({ description: 'Id of the run.' }),
  }),
});

queryOne('approvalRequest', {
  model: 'ApprovalRequest',
  description: 'Approval request with the given id. Null when it does not exist or is not visible to you.',
});

queryList('approvalRequests', {
  model: 'ApprovalRequest',
  connection: connection(ApprovalRequestRef, 'ApprovalRequest'),
  description: 'Approval requests that are visible to you, newest first.',
  args: (t) => ({
    filter: t.arg({
      type: ApprovalFilterInput,
      description: 'Conditions to match. Default: status PENDING.',
    }),
  }),
  cursor: 'id',
  filter: async ({ filter }, _viewer, ctx) => {
    const statuses = filter?.statuses === undefined ? (['PENDING'] as const) : filter.statuses;
    return {
      ...(statuses && hasStatusAt(await timeOfAnswer(ctx), statuses)),
      executionId: filter?.executionId ? decodeId(filter.executionId, 'PipelineExecution') : undefined,
    };
  },
  order: () => ({ by: 'id', direction: 'DESC' }),
});

mutation(decideApproval, {
  description:
    'Approves or rejects a request. The first decision is final and resumes the run; later ones return AlreadyDecidedError.',
  success: { approval: { type: ApprovalRequestRef, description: 'The request with its decision.' } },
  errors: [NotFoundError, AlreadyDecidedError, UnsafeInputError],
  input: (t) => ({
    approvalId: t.id({ required: true, description: 'Id of the approval request.' }),
    decision: t.field({
      type: ApprovalDecisionRef,
      required: true,
      description: 'Whether to approve or to reject the request.',
    }),
    comment: t.string({
      description: `Comment on the decision, at most ${MAX_COMMENT_LENGTH} characters.`,
    }),
    edits: t.field({
      type: ApprovalEditsInput,
      description: 'Changes to the step. Allowed only with APPROVE.',
    }),
  }),
  decodeIds: (input) => ({ ...input, approvalId: decodeId(input.approvalId, 'ApprovalRequest') }),
});
