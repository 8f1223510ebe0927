import { resolveArrayConnection } from '@pothos/plugin-relay';
import { isProviderName } from '../../core/llm/providers/registry.ts';
import { ConflictError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import { BudgetExceededError, QuotaExceededError } from '../usage/errors.ts';
import { authorize } from '../../access/authorize.ts';
import type { StepExecution } from '../../generated/prisma/client.ts';
import { ExecutionStatus, StepStatus } from '../../generated/prisma/enums.ts';
import { MAX_CONTEXT_LENGTH, MAX_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { ExecutionErrorRef } from '../../schema-kit/execution-error.ts';
import { connection } from '../../schema-kit/connection.ts';
import { DateTimeRangeInput, oneOf, OrderDirectionRef, within } from '../../schema-kit/filters.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { NoticeRef } from '../../schema-kit/notice.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { ApprovalRequestRef } from '../approvals/schema.ts';
import type { Context } from '../../kernel/context.ts';
import { readableBy as discussionReadableBy } from '../conversations/policy.ts';
import { ConversationRef } from '../conversations/schema.ts';
import type { Design } from '../designs/design.ts';
import type { AgentKind } from '../designs/agent-kinds.ts';
import { AgentKindRef, PipelineDesignInput, PipelineDesignRef } from '../designs/schema.ts';
import type { ExecutionErrorData } from '../../kernel/execution-error.ts';
import type { Notice } from '../../kernel/notice.ts';
import { checkCursor } from '../../kernel/pagination.ts';
import { NO_TOTALS } from '../usage/ledger.ts';
import { LlmProviderRef } from '../llm/schema.ts';
import { TokenUsageRef } from '../usage/schema.ts';
import { type Checkpoint, checkpointsOf } from './checkpoints.ts';
import { executionSnapshots, stepsOf, totalsOf } from './loaders.ts';
import { isFinished } from './machine.ts';
import { mayReadDiscussion, readableBy } from './policy.ts';
import {
  cancelExecution,
  estimatePipeline,
  executePipeline,
  MAX_CANCEL_REASON_LENGTH,
  type PipelineEstimate,
} from './service.ts';

export const ExecutionStatusRef = builder.enumType('ExecutionStatus', {
  description: 'Where a run stands. SUCCEEDED, FAILED and CANCELLED are final.',
  values: {
    [ExecutionStatus.QUEUED]: { description: 'Waits for a worker.' },
    [ExecutionStatus.RUNNING]: { description: 'A worker is on it.' },
    [ExecutionStatus.WAITING_FOR_APPROVAL]: {
      description: 'Nothing but a person’s decision can move it on.',
    },
    [ExecutionStatus.SUCCEEDED]: { description: 'Every step has finished or was skipped.' },
    [ExecutionStatus.FAILED]: { description: 'A step failed; `error` says why and what to do.' },
    [ExecutionStatus.CANCELLED]: { description: 'Ended by `cancelExecution`.' },
  },
});

export const StepStatusRef = builder.enumType('StepStatus', {
  description: 'Where a step stands. SUCCEEDED, FAILED, SKIPPED and CANCELLED are final.',
  values: {
    [StepStatus.PENDING]: { description: 'Waits for the steps it depends on, or for its next attempt.' },
    [StepStatus.RUNNING]: { description: 'Its agent is writing.' },
    [StepStatus.WAITING_FOR_APPROVAL]: { description: 'Waits for a person.' },
    [StepStatus.SUCCEEDED]: { description: 'Its output stands.' },
    [StepStatus.FAILED]: { description: 'It failed for good, and the run with it.' },
    [StepStatus.SKIPPED]: { description: 'Rejected, and the design goes on without it.' },
    [StepStatus.CANCELLED]: { description: 'The run ended before it did.' },
  },
});

const PipelineEstimateRef = builder.objectRef<PipelineEstimate>('PipelineEstimate').implement({
  description: 'What a run would cost and take.',
  fields: (t) => ({
    cost: t.expose('costMicros', { type: 'Decimal', description: 'Expected dollars.' }),
    maxCost: t.expose('maxCostMicros', {
      type: 'Decimal',
      description: 'Dollars in the worst case: every step writes all it may, at the first attempt.',
    }),
    seconds: t.exposeInt('seconds', {
      description: 'Expected seconds along the longest path, without waiting for people.',
    }),
    withinBudget: t.exposeBoolean('withinBudget', {
      description: 'Whether what is left of your day covers `cost`.',
    }),
  }),
});

const PipelineSourceInput = builder.inputType('PipelineSource', {
  description: 'Where a design comes from: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    proposalId: t.id({ description: 'A proposal of your conversation, selected and confirmed.' }),
    design: t.field({ type: PipelineDesignInput, description: 'The design itself.' }),
  }),
});

export const StepExecutionRef = node('StepExecution', {
  description: 'One step of a run.',
  key: {
    id: { resolve: (step: StepExecution) => `${step.executionId}:${step.key}` },
    where: (id) => {
      const [executionId = '', key = ''] = id.split(':');
      return { executionId_key: { executionId, key } };
    },
  },
  visibleTo: (viewer) => ({ execution: readableBy(viewer) }),
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its key in the design.' }),
    agent: t.field({
      type: AgentKindRef,
      description: 'The agent that runs this step.',
      resolve: (step) => step.agent as AgentKind,
    }),
    title: t.exposeString('title', { description: 'Its name for people.' }),
    status: t.expose('status', { type: StepStatusRef, description: 'Where it stands.' }),
    attempts: t.exposeInt('attempts', { description: 'Attempts begun so far, discarded ones included.' }),
    output: t.exposeString('output', {
      nullable: true,
      description:
        'What the agent wrote, mostly Markdown. Null until it has finished; a snapshot holds the text so far.',
    }),
    provider: t.field({
      type: LlmProviderRef,
      nullable: true,
      description: 'The provider of the latest attempt; null before the first.',
      resolve: ({ provider }) => (provider !== null && isProviderName(provider) ? provider : null),
    }),
    model: t.exposeString('model', { nullable: true, description: 'The model of the latest attempt.' }),
    usage: t.field({
      type: TokenUsageRef,
      description: 'Tokens of all its attempts.',
      resolve: async (step, _args, ctx) => (await stepTotals(ctx, step)).usage,
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars of all its attempts. The costs of the steps add up to that of the run.',
      resolve: async (step, _args, ctx) => (await stepTotals(ctx, step)).costMicros,
    }),
    reused: t.boolean({
      description:
        'Finished in the run that this one was retried or forked from, and cost nothing here; false until runs can be.',
      resolve: () => false,
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its first attempt began.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its status became final.',
    }),
  }),
});

const CheckpointRef = builder.objectRef<Checkpoint>('Checkpoint');

builder.node(CheckpointRef, {
  description: 'The state of a run when one of its steps had finished; kept 24 hours after the run ends.',
  id: {
    description: 'Opaque and stable.',
    resolve: ({ executionId, step }) => `${executionId}:${step}`,
  },
  loadOne: async (id, ctx: Context) => {
    const [executionId = '', step] = id.split(':');
    const run = await ctx.database.prisma.pipelineExecution.findFirst({
      where: { id: executionId, ...readableBy(authorize(ctx, 'Query.node')) },
      include: { steps: true },
    });
    return run && checkpointsOf(run, run.steps).find((checkpoint) => checkpoint.step === Number(step));
  },
  fields: (t) => ({
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the step had finished.' }),
    step: t.exposeInt('step', { description: 'How many steps had finished, this one included.' }),
    nextSteps: t.exposeStringList('nextSteps', { description: 'Keys of the steps that could start then.' }),
    state: t.field({
      type: 'JSONObject',
      description:
        '`request`, and `outputs`: the text of each finished step by its key, null for a skipped one.',
      resolve: (checkpoint) => ({ ...checkpoint.state }),
    }),
  }),
});

const CheckpointConnection = connection(CheckpointRef, 'Checkpoint');

export const ExecutionRef = node('PipelineExecution', {
  description: 'A run of a design: durable, watched live through `agentTokens` and `pipelineProgress`.',
  visibleTo: readableBy,
  fields: (t) => ({
    status: t.expose('status', { type: ExecutionStatusRef, description: 'Where the run stands.' }),
    request: t.exposeString('request', { description: 'What this run was asked to do.' }),
    notices: t.field({
      type: [NoticeRef],
      description:
        'What was removed from the request, what was suspicious in it or in the material, and which steps were cut at their limit.',
      resolve: (run) => run.notices as Notice[],
    }),
    design: t.field({
      type: PipelineDesignRef,
      description: 'The design as it was when the run started.',
      resolve: (run) => run.design as Design,
    }),
    steps: t.field({
      type: [StepExecutionRef],
      description: 'Its steps, in the order of the design.',
      resolve: (run, _args, ctx) => stepsOf(ctx).load(run.id),
    }),
    progress: t.float({
      description: '0 to 1: the share of its steps that have finished or were skipped.',
      resolve: async (run, _args, ctx) => {
        const steps = await stepsOf(ctx).load(run.id);
        return steps.filter(isFinished).length / steps.length;
      },
    }),
    report: t.exposeString('report', {
      nullable: true,
      description: 'The output of the last step in Markdown; null unless the run has SUCCEEDED.',
    }),
    error: t.field({
      type: ExecutionErrorRef,
      nullable: true,
      description: 'Why the run FAILED.',
      resolve: (run) => (run.status === 'FAILED' ? (run.error as ExecutionErrorData | null) : null),
    }),
    usage: t.field({
      type: TokenUsageRef,
      description: 'Tokens of all its steps.',
      resolve: async (run, _args, ctx) => (await totalsOf(ctx).load(run.id)).usage,
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars of all its steps.',
      resolve: async (run, _args, ctx) => (await totalsOf(ctx).load(run.id)).costMicros,
    }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description: 'Spending limit of this run in US dollars. Null: only the limits of the day apply.',
    }),
    estimatedCost: t.expose('estimatedCostMicros', {
      type: 'Decimal',
      description: 'What it was expected to cost when it started, in dollars.',
    }),
    conversation: t.relation('conversation', {
      type: ConversationRef,
      nullable: true,
      description:
        'The discussion that designed it; null for a bare design, and for those who only decide about the run.',
      authScopes: (run, _args, { viewer }) => viewer !== null && mayReadDiscussion(viewer, run),
      unauthorizedResolver: () => null,
    }),
    // A relation, not a loader: what is selected below the requests is read with them.
    approvals: t.relation('approvals', {
      type: ApprovalRequestRef,
      description: 'Its requests for approval, oldest first.',
      query: { orderBy: { id: 'asc' } },
      resolve: (query, run, _args, ctx) =>
        executionSnapshots(ctx).get(run.id)?.approvals ??
        ctx.database.prisma.approvalRequest.findMany({ ...query, where: { executionId: run.id } }),
    }),
    checkpoints: t.connection(
      {
        type: CheckpointRef,
        description:
          'The states of the run at which a step had finished, oldest first; kept 24 hours after its end.',
        resolve: async (run, args, ctx) => {
          const all = checkpointsOf(run, await stepsOf(ctx).load(run.id));
          return { ...resolveArrayConnection({ args }, all), totalCount: all.length };
        },
      },
      ...CheckpointConnection,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a worker first took it.',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
  }),
});

builder.prismaObjectField(ApprovalRequestRef, 'execution', (t) =>
  t.relation('execution', { type: ExecutionRef, description: 'The run that asks.' }),
);

const ExecutionConnection = connection(ExecutionRef, 'PipelineExecution');

builder.prismaObjectField(ConversationRef, 'executions', (t) =>
  t.relatedConnection(
    'executions',
    {
      type: ExecutionRef,
      cursor: 'id',
      totalCount: true,
      description: 'The runs of its proposals, newest first.',
      query: (page) => {
        checkCursor(page);
        return { orderBy: { id: 'desc' } };
      },
    },
    ...ExecutionConnection,
  ),
);

const ExecutionFilterInput = builder.inputType('ExecutionFilter', {
  description: 'Conditions that all hold.',
  fields: (t) => ({
    statuses: t.field({ type: [ExecutionStatusRef], description: 'Status is one of these.' }),
    conversationId: t.id({ description: 'Runs a proposal of this conversation.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Created in this span of time.' }),
  }),
});

queryOne('execution', {
  model: 'PipelineExecution',
  visibleTo: readableBy,
  description: 'One run. Null when it does not exist or is not visible to you.',
});

queryList('executions', {
  model: 'PipelineExecution',
  connection: ExecutionConnection,
  visibleTo: readableBy,
  description: 'Runs that are visible to you, newest first.',
  args: (t) => ({
    filter: t.arg({ type: ExecutionFilterInput, description: 'Left out: all.' }),
    direction: t.arg({
      type: OrderDirectionRef,
      required: true,
      defaultValue: 'DESC',
      description: 'By time of creation: DESC gives the newest first.',
    }),
  }),
  cursor: 'id',
  filter: ({ filter }, viewer) => ({
    status: oneOf(filter?.statuses),
    conversation: filter?.conversationId
      ? { id: decodeId(filter.conversationId, 'Conversation'), AND: discussionReadableBy(viewer) }
      : undefined,
    createdAt: within(filter?.createdAt),
  }),
  order: ({ direction }) => ({ by: 'id', direction }),
});

builder.queryFields((t) => ({
  estimatePipeline: t.field({
    type: PipelineEstimateRef,
    nullable: true,
    description:
      'What a run would cost and take, before it is started. Spends nothing. Null when the source does not exist.',
    args: {
      source: t.arg({
        type: PipelineSourceInput,
        required: true,
        description: 'Where the design comes from.',
      }),
      request: t.arg.string({
        description: `What the run would be asked to do, at most ${MAX_PROMPT_LENGTH} characters. Left out: what the proposal brings; of a bare design, the steps alone are estimated.`,
      }),
    },
    resolve: (_root, { source, request }, ctx) =>
      estimatePipeline(ctx, { source: sourceOf(source), request }).catch(nullWhenNotFound),
  }),
}));

mutation(executePipeline, {
  description:
    'Starts a run. It is durable from the moment this answers: watch it with `agentTokens` and `pipelineProgress`.',
  success: { execution: { type: ExecutionRef, description: 'The run, QUEUED for a worker.' } },
  errors: [NotFoundError, ConflictError, UnsafeInputError, BudgetExceededError, QuotaExceededError],
  input: (t) => ({
    source: t.field({
      type: PipelineSourceInput,
      required: true,
      description: 'Where the design comes from.',
    }),
    request: t.string({
      description: `What the run is asked to do, at most ${MAX_PROMPT_LENGTH} characters. A bare design needs one; left out, a proposal brings what was agreed in its conversation.`,
    }),
    context: t.field({
      type: 'JSONObject',
      description: `What your application knows (activeApp, pathname, language …); at most ${MAX_CONTEXT_LENGTH} characters of JSON. Data for the agents, never instructions.`,
    }),
    costLimit: t.field({
      type: 'Decimal',
      description: 'At most this many dollars for this run; left out: only the limits of the day.',
    }),
  }),
  decodeIds: (input) => ({ ...input, source: sourceOf(input.source) }),
});

mutation(cancelExecution, {
  description:
    'Ends a run: the provider’s stream is closed and what was spent is settled, usually before this answers. A run that is CANCELLED already stays so.',
  success: { execution: { type: ExecutionRef, description: 'The run, which is CANCELLED or about to be.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({
    executionId: t.id({ required: true, description: 'Id of the run.' }),
    reason: t.string({ description: `Kept with the run; at most ${MAX_CANCEL_REASON_LENGTH} characters.` }),
  }),
  decodeIds: (input) => ({ ...input, executionId: decodeId(input.executionId, 'PipelineExecution') }),
});

function nullWhenNotFound(error: unknown): null {
  if (error instanceof NotFoundError) return null;
  throw error;
}

function sourceOf<Source extends { proposalId?: string | null }>(source: Source): Source {
  const { proposalId } = source;
  return proposalId == null ? source : { ...source, proposalId: decodeId(proposalId, 'DesignProposal') };
}

async function stepTotals(ctx: Context, step: { executionId: string; key: string }) {
  const totals = await totalsOf(ctx).load(step.executionId);
  return totals.steps.get(step.key) ?? NO_TOTALS;
}
