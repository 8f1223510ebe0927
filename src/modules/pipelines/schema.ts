import { resolveArrayConnection } from '@pothos/plugin-relay';
import { maySee, visible } from '../../access/visibility.ts';
import { ExecutionStatus } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { ExecutionErrorRef } from '../../schema-kit/execution-error.ts';
import { connection } from '../../schema-kit/connection.ts';
import { DateTimeRangeInput, oneOf, OrderDirectionRef, within } from '../../schema-kit/filters.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { node } from '../../schema-kit/node.ts';
import { NoticeRef } from '../../schema-kit/notice.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { ApprovalRequestRef } from '../approvals/schema.ts';
import { ConversationRef } from '../conversations/schema.ts';
import type { Design } from '../designs/design.ts';
import { PipelineDesignRef } from '../designs/schema.ts';
import type { ExecutionErrorData } from '../../kernel/execution-error.ts';
import type { Notice } from '../../kernel/notice.ts';
import { checkCursor, MAX_PAGE } from '../../kernel/reads/pagination.ts';
import { namedTemplates } from '../templates/loaders.ts';
import { PipelineTemplateRef } from '../templates/schema.ts';
import { TokenUsageRef } from '../usage/schema.ts';
import { checkpointsOf } from './checkpoints.ts';
import { executionSnapshots, reservedOf, stepsOf, totalsOf } from './loaders.ts';
import { isFinished } from './run/machine.ts';
import { CheckpointConnection, CheckpointRef, StepExecutionRef } from './step-schema.ts';

export const ExecutionStatusRef = builder.enumType('ExecutionStatus', {
  description: 'Status of a run. SUCCEEDED, FAILED and CANCELLED are final.',
  values: {
    [ExecutionStatus.QUEUED]: { description: 'The run waits for a worker.' },
    [ExecutionStatus.RUNNING]: { description: 'A worker executes the run.' },
    [ExecutionStatus.WAITING_FOR_APPROVAL]: {
      description: 'The run cannot continue until a user decides an approval request.',
    },
    [ExecutionStatus.SUCCEEDED]: { description: 'Every step has succeeded or was skipped.' },
    [ExecutionStatus.FAILED]: { description: 'A step failed. `error` contains the reason.' },
    [ExecutionStatus.CANCELLED]: { description: 'The run was ended by `cancelExecution`.' },
  },
});

export const ExecutionRef = node('PipelineExecution', {
  description: 'A run of a design. It is durable: it continues when clients disconnect and servers restart.',
  fields: (t) => ({
    status: t.expose('status', { type: ExecutionStatusRef, description: 'Current status.' }),
    request: t.exposeString('request', { description: 'Task of the run.' }),
    notices: t.field({
      type: [NoticeRef],
      description:
        'Notices about the run: removed or suspicious text in the request or the material, and outputs cut at their limit.',
      resolve: (run) => run.notices as Notice[],
    }),
    design: t.field({
      type: PipelineDesignRef,
      description: 'The design that the run executes.',
      resolve: (run) => run.design as Design,
    }),
    steps: t.field({
      type: [StepExecutionRef],
      description: 'Steps of the run, in the order of the design.',
      resolve: (run, _args, ctx) => stepsOf(ctx).load(run.id),
    }),
    progress: t.float({
      description: 'Share of the steps that have finished or were skipped, from 0 to 1.',
      resolve: async (run, _args, ctx) => {
        const steps = await stepsOf(ctx).load(run.id);
        return steps.filter(isFinished).length / steps.length;
      },
    }),
    report: t.exposeString('report', {
      nullable: true,
      description: 'Output of the last step in Markdown. Null unless the status is SUCCEEDED.',
    }),
    error: t.field({
      type: ExecutionErrorRef,
      nullable: true,
      description: 'Reason why the run failed. Null unless the status is FAILED.',
      resolve: (run) => (run.status === 'FAILED' ? (run.error as ExecutionErrorData | null) : null),
    }),
    usage: t.field({
      type: TokenUsageRef,
      description: 'Tokens used by all steps.',
      resolve: async (run, _args, ctx) => (await totalsOf(ctx).load(run.id)).usage,
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Cost of all steps in US dollars.',
      resolve: async (run, _args, ctx) => (await totalsOf(ctx).load(run.id)).costMicros,
    }),
    reserved: t.field({
      type: 'Decimal',
      description:
        'Amount in US dollars held for model calls that are under way: the maximum cost of each. The rest is released when a call ends.',
      resolve: (run, _args, ctx) => reservedOf(ctx).load(run.id),
    }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description: 'Spending limit of the run in US dollars. Null means that only the daily limits apply.',
    }),
    estimatedCost: t.expose('estimatedCostMicros', {
      type: 'Decimal',
      description: 'Cost in US dollars that was estimated when the run was started.',
    }),
    conversation: t.relation('conversation', {
      type: ConversationRef,
      nullable: true,
      description:
        'Conversation of the proposal. Null for a run without a proposal, and for members who may only decide about the run.',
      authScopes: (run, _args, { viewer }) => maySee('PipelineExecution.conversation', viewer, run),
      unauthorizedResolver: () => null,
    }),
    template: t.field({
      type: PipelineTemplateRef,
      nullable: true,
      description:
        'Template that was run. Null for a run without one, and when it was deleted or is not visible to you.',
      resolve: ({ templateId }, _args, ctx) =>
        templateId === null ? null : namedTemplates(ctx).load(templateId),
    }),
    // A relation instead of a loader, so that fields selected below the requests are read in the same query.
    approvals: t.relation('approvals', {
      type: ApprovalRequestRef,
      description: 'Approval requests of the run, oldest first.',
      query: { orderBy: { id: 'asc' } },
      resolve: (query, run, _args, ctx) =>
        executionSnapshots(ctx).get(run.id)?.approvals ??
        ctx.database.prisma.approvalRequest.findMany({ ...query, where: { executionId: run.id } }),
    }),
    checkpoints: t.connection(
      {
        type: CheckpointRef,
        description:
          'Checkpoints of the run, one per finished step, oldest first. Kept for 24 hours after the run ends.',
        resolve: async (run, args, ctx) => {
          const all = checkpointsOf(run, await stepsOf(ctx).load(run.id));
          return { ...resolveArrayConnection({ args }, all), totalCount: all.length };
        },
      },
      ...CheckpointConnection,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the run was created.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when a worker first started the run. Null before.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the run ended. Null before.',
    }),
  }),
});

builder.prismaObjectField(ApprovalRequestRef, 'execution', (t) =>
  t.relation('execution', { type: ExecutionRef, description: 'The run that requires the approval.' }),
);

const ExecutionConnection = connection(ExecutionRef, 'PipelineExecution');

builder.prismaObjectField(ConversationRef, 'executions', (t) =>
  t.relatedConnection(
    'executions',
    {
      type: ExecutionRef,
      cursor: 'id',
      totalCount: true,
      description: 'Runs of the conversation’s proposals, newest first.',
      // The query of the conversation includes this one, and decodes the cursor once it knows the size.
      maxSize: (page) => {
        checkCursor(page);
        return MAX_PAGE;
      },
      query: { orderBy: { id: 'desc' } },
    },
    ...ExecutionConnection,
  ),
);

const ExecutionFilterInput = builder.inputType('ExecutionFilter', {
  description: 'Filter for runs. All conditions must match.',
  fields: (t) => ({
    statuses: t.field({ type: [ExecutionStatusRef], description: 'Statuses to include.' }),
    conversationId: t.id({ description: 'Id of the conversation whose proposals were run.' }),
    templateId: t.id({ description: 'Id of the template that was run.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Time range of creation.' }),
  }),
});

queryOne('execution', {
  model: 'PipelineExecution',
  description: 'Run with the given id. Null when it does not exist or is not visible to you.',
});

queryList('executions', {
  model: 'PipelineExecution',
  connection: ExecutionConnection,
  description: 'Runs that are visible to you.',
  args: (t) => ({
    filter: t.arg({ type: ExecutionFilterInput, description: 'Conditions to match. Default: none.' }),
    direction: t.arg({
      type: OrderDirectionRef,
      required: true,
      defaultValue: 'DESC',
      description: 'Sort direction by time of creation.',
    }),
  }),
  cursor: 'id',
  filter: ({ filter }, viewer) => ({
    status: oneOf(filter?.statuses),
    conversation: filter?.conversationId
      ? { id: decodeId(filter.conversationId, 'Conversation'), AND: visible('Conversation', viewer) }
      : undefined,
    template: filter?.templateId
      ? { id: decodeId(filter.templateId, 'PipelineTemplate'), AND: visible('PipelineTemplate', viewer) }
      : undefined,
    createdAt: within(filter?.createdAt),
  }),
  order: ({ direction }) => ({ by: 'id', direction }),
});
