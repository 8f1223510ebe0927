import { AlreadyDecidedError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import { ApprovalStatus } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { UserRef } from '../auth/schema.ts';
import { newestFirst } from '../../kernel/pagination.ts';
import { visibleTo } from './policy.ts';
import { decideApproval } from './service.ts';
import { approvalRequests } from './streams.ts';

const ApprovalStatusRef = builder.enumType('ApprovalStatus', {
  description: 'Where a request stands. It leaves PENDING once.',
  values: {
    [ApprovalStatus.PENDING]: { description: 'Nobody has decided yet.' },
    [ApprovalStatus.APPROVED]: { description: 'The step runs, with the edits if there were any.' },
    [ApprovalStatus.REJECTED]: {
      description: 'The step does not run; `onReject` says what that means for the run.',
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
    prompt: t.string({ description: 'The step runs with this prompt instead; at most 8000 characters.' }),
  }),
});

export const ApprovalRequestRef = builder.prismaNode('ApprovalRequest', {
  description:
    'A question that a step of a run asks before it runs. It may wait for days, and through restarts.',
  id: { field: 'id', description: 'Opaque and stable.' },
  nullable: true,
  findUnique: (id, ctx) => ({ id, ...(ctx.viewer ? visibleTo(ctx.viewer) : { tenantId: '' }) }),
  fields: (t) => ({
    status: t.expose('status', { type: ApprovalStatusRef, description: 'Where it stands.' }),
    stepKey: t.exposeString('stepKey', { description: 'The step that asks.' }),
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

builder.queryFields((t) => ({
  approvalRequest: t.prismaField({
    type: ApprovalRequestRef,
    nullable: true,
    description: 'One request; null when there is none, or none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id of the request.' }) },
    resolve: (query, _root, { id }, ctx) =>
      ctx.database.prisma.approvalRequest.findUnique({
        ...query,
        where: { id: decodeId(id, 'ApprovalRequest'), ...visibleTo(ctx.viewer!) },
      }),
  }),
  approvalRequests: t.prismaConnection({
    type: ApprovalRequestRef,
    cursor: 'id',
    description: 'Requests that you may see, newest first.',
    args: {
      status: t.arg({
        type: ApprovalStatusRef,
        defaultValue: 'PENDING',
        description: 'Only those with this status; null for all.',
      }),
    },
    resolve: (query, _root, { status }, ctx) => {
      const where = { ...visibleTo(ctx.viewer!), status: status ?? undefined };
      return ctx.database.prisma.approvalRequest.findMany(newestFirst(query, where));
    },
  }),
}));

mutation('decideApproval', {
  description:
    'Decides a request, once: the first decision stands and wakes the run; whoever comes second gets AlreadyDecidedError.',
  success: { approval: { type: ApprovalRequestRef, description: 'The request with its decision.' } },
  errors: [NotFoundError, AlreadyDecidedError, UnsafeInputError],
  input: (t) => ({
    approvalId: t.id({ required: true, description: 'Id of the approval request.' }),
    decision: t.field({ type: ApprovalDecisionRef, required: true, description: 'Let the step run or not.' }),
    comment: t.string({ description: 'Kept with the decision; at most 2000 characters.' }),
    edits: t.field({ type: ApprovalEditsInput, description: 'Changes to the step; only with APPROVE.' }),
  }),
  resolve: async (ctx, input) => ({
    approval: await decideApproval(ctx, {
      ...input,
      approvalId: decodeId(input.approvalId, 'ApprovalRequest'),
    }),
  }),
});

builder.subscriptionField('approvalRequests', (t) =>
  t.field({
    type: ApprovalRequestRef,
    description: 'Requests that you may decide: those open now, then each new one and each decision.',
    subscribe: (_root, _args, ctx) => approvalRequests(ctx),
    resolve: (request: ApprovalRequest) => request,
  }),
);
