import { ConflictError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import { AlreadyDecidedError } from './errors.ts';
import { ApprovalStatus } from '../../generated/prisma/enums.ts';
import { timeOfAnswer } from '../../kernel/database-time.ts';
import { MAX_EDITED_OUTPUT_LENGTH, MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { UserRef } from '../auth/schema.ts';
import { AgentKindRef, ApprovalTimingRef } from '../designs/schema.ts';
import { decisionOfStatus, MAX_ROUNDS } from './decision.ts';
import { endedAt, hasStatusAt, statusAt } from './expiry.ts';
import { decideApproval, MAX_COMMENT_LENGTH } from './service.ts';
import { type ApprovalInput, type ApprovalSubject, hashOf } from './subject.ts';

const ApprovalStatusRef = builder.enumType('ApprovalStatus', {
  description: 'Status of an approval request. All statuses except PENDING are final.',
  values: {
    [ApprovalStatus.PENDING]: { description: 'The request awaits a decision.' },
    [ApprovalStatus.APPROVED]: {
      description: 'The step runs, or its output stands, with the edits if there are any.',
    },
    [ApprovalStatus.REJECTED]: {
      description:
        'The step does not run, or its output is dropped. The `onReject` of its `approval` determines the effect on the run.',
    },
    [ApprovalStatus.REVISED]: {
      description: 'The step runs again with the remarks. A new request follows, with the next `round`.',
    },
    [ApprovalStatus.EXPIRED]: {
      description: 'The request was not decided in time. Has the effect of a rejection.',
    },
    [ApprovalStatus.CANCELLED]: { description: 'The run failed or ended before a decision.' },
  },
});

const ApprovalDecisionRef = builder.enumType('ApprovalDecision', {
  description: 'Decision about an approval request.',
  values: {
    APPROVE: { description: 'Let the step run, or accept its output.' },
    REJECT: { description: 'Do not let the step run, or drop its output.' },
    REVISE: {
      description: `Let the step run again with \`comment\` as remarks. Only for AFTER_STEP, and at most until \`round\` is ${MAX_ROUNDS}.`,
    },
  },
});

const ApprovalEditsInput = builder.inputType('ApprovalEditsInput', {
  description: 'Changes that an approval makes to its step.',
  fields: (t) => ({
    prompt: t.string({
      description: `BEFORE_STEP: prompt that replaces the prompt of the step, at most ${MAX_STEP_PROMPT_LENGTH} characters.`,
    }),
    output: t.string({
      description: `AFTER_STEP: text that replaces the output of the step, at most ${MAX_EDITED_OUTPUT_LENGTH} characters. It is the output of the step from then on, unchanged.`,
    }),
  }),
});

const ApprovalInputRef = builder.objectRef<ApprovalInput>('ApprovalInput').implement({
  description: 'Output of a step that the step in question depends on.',
  fields: (t) => ({
    stepKey: t.exposeString('stepKey', { description: 'Key of the step that wrote it.' }),
    title: t.exposeString('title', { description: 'Display name of the step that wrote it.' }),
    output: t.exposeString('output', { description: 'The whole output. Empty for a skipped step.' }),
  }),
});

const ApprovalSubjectRef = builder.objectRef<ApprovalSubject>('ApprovalSubject').implement({
  description:
    'Everything that a decision is about, whole. It never changes: what is shown is what runs, or what stands.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Display name of the step.' }),
    agent: t.expose('agent', { type: AgentKindRef, description: 'The agent of the step.' }),
    prompt: t.exposeString('prompt', {
      nullable: true,
      description: 'Prompt of the step in the design. Null for none.',
    }),
    inputs: t.field({
      type: [ApprovalInputRef],
      description: 'Outputs of the steps that the step depends on, in the order of the design.',
      resolve: ({ inputs }) => inputs,
    }),
    output: t.exposeString('output', {
      nullable: true,
      description: 'AFTER_STEP: the whole text to be approved. Null for BEFORE_STEP.',
    }),
    hash: t.string({
      description:
        'SHA-256, as 64 lower-case hexadecimal digits, of the other fields as canonical JSON (RFC 8785): `{"agent", "inputs": [{"output", "stepKey", "title"}], "output", "prompt", "title"}`.',
      resolve: hashOf,
    }),
  }),
});

export const ApprovalRequestRef = node('ApprovalRequest', {
  description:
    'A request of a run that a user decides about a step, before it runs or about its output. It is durable and can stay open for days.',
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
    subject: t.field({
      type: ApprovalSubjectRef,
      description: 'What the decision is about, whole.',
      resolve: (request) => request.subject as ApprovalSubject,
    }),
    round: t.exposeInt('round', {
      description: `Number of the request among those of its step, from 1 to ${MAX_ROUNDS}. Rises with each REVISE.`,
    }),
    decision: t.field({
      type: ApprovalDecisionRef,
      nullable: true,
      description:
        'The decision. Null while nobody has decided, and when the request expired or was cancelled.',
      resolve: ({ status }) => decisionOfStatus(status),
    }),
    comment: t.exposeString('comment', {
      nullable: true,
      description:
        'Comment on the decision, without invisible characters. The step reads it when it has still to run, and so does every step that depends on it.',
    }),
    editedPrompt: t.exposeString('editedPrompt', {
      nullable: true,
      description: 'Prompt with which the step was really run. Null where the approver did not change it.',
    }),
    editedOutput: t.exposeString('editedOutput', {
      nullable: true,
      description: 'Output that was really kept. Null where the approver did not change it.',
    }),
    decidedBy: t.relation('decidedBy', {
      type: UserRef,
      nullable: true,
      description: 'User who decided. Null unless the status is APPROVED, REJECTED or REVISED.',
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
  description:
    'The request can no longer be decided: it was decided, has expired, or its run is ending or has ended.',
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with its final status. PENDING for a moment while its run is ending.',
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
    'Decides a request: approves it, with or without edits, rejects it, or sends the output back. The first decision is final and resumes the run; later ones return AlreadyDecidedError.',
  success: { approval: { type: ApprovalRequestRef, description: 'The request with its decision.' } },
  errors: [NotFoundError, AlreadyDecidedError, ConflictError, UnsafeInputError],
  input: (t) => ({
    approvalId: t.id({ required: true, description: 'Id of the approval request.' }),
    decision: t.field({
      type: ApprovalDecisionRef,
      required: true,
      description: 'What to do.',
    }),
    subjectHash: t.string({
      description:
        '`subject.hash` of what you have read. When it is another, nothing is decided: ConflictError STALE_VERSION with the request. Default: not compared.',
    }),
    comment: t.string({
      description: `Comment on the decision, at most ${MAX_COMMENT_LENGTH} characters. Required with REVISE.`,
    }),
    edits: t.field({
      type: ApprovalEditsInput,
      description: 'Changes to the prompt or to the output. Allowed only with APPROVE.',
    }),
  }),
  decodeIds: (input) => ({ ...input, approvalId: decodeId(input.approvalId, 'ApprovalRequest') }),
});
