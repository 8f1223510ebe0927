import { isProviderName } from '../../core/llm/providers/registry.ts';
import { visible } from '../../access/visibility.ts';
import type { StepExecution } from '../../generated/prisma/client.ts';
import { StepStatus } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { node } from '../../schema-kit/node.ts';
import { nodeLoader } from '../../schema-kit/node-loaders.ts';
import type { Context } from '../../kernel/context.ts';
import type { AgentKind } from '../designs/agent-kinds.ts';
import { AgentKindRef } from '../designs/schema.ts';
import { NO_TOTALS } from '../usage/ledger.ts';
import { LlmProviderRef } from '../llm/schema.ts';
import { TokenUsageRef } from '../usage/schema.ts';
import { type Checkpoint, checkpointsOf } from './checkpoints.ts';
import { totalsOf } from './loaders.ts';

export const StepStatusRef = builder.enumType('StepStatus', {
  description: 'Status of a step. SUCCEEDED, FAILED, SKIPPED and CANCELLED are final.',
  values: {
    [StepStatus.PENDING]: {
      description: 'The step waits for the steps it depends on, or for its next attempt.',
    },
    [StepStatus.RUNNING]: { description: 'The agent of the step is running.' },
    [StepStatus.WAITING_FOR_APPROVAL]: { description: 'The step waits for a user to decide.' },
    [StepStatus.SUCCEEDED]: { description: 'The step has finished with an output.' },
    [StepStatus.FAILED]: { description: 'The step failed after all retries, and the run with it.' },
    [StepStatus.SKIPPED]: { description: 'The step was rejected and the run continues without it.' },
    [StepStatus.CANCELLED]: { description: 'The run ended before the step.' },
  },
});

export const StepExecutionRef = node('StepExecution', {
  description: 'A step of a run.',
  key: {
    idOf: (step: StepExecution) => `${step.executionId}:${step.key}`,
    unique: (id) => ({ executionId_key: stepKeyOf(id) }),
    among: (ids) => ({ OR: ids.map(stepKeyOf) }),
  },
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Key of the step in the design.' }),
    agent: t.field({
      type: AgentKindRef,
      description: 'The agent that runs this step.',
      resolve: (step) => step.agent as AgentKind,
    }),
    title: t.exposeString('title', { description: 'Display name of the step.' }),
    status: t.expose('status', { type: StepStatusRef, description: 'Current status.' }),
    attempts: t.exposeInt('attempts', {
      description:
        'Number of attempts started, including discarded ones. An output that an approver has edited is an attempt of its own.',
    }),
    output: t.exposeString('output', {
      nullable: true,
      description:
        'Output of the step, usually Markdown: of its agent, or of the approver who edited it. Null until the step has finished or its output awaits approval, except in snapshots, which contain the text so far.',
    }),
    provider: t.field({
      type: LlmProviderRef,
      nullable: true,
      description: 'Provider of the latest attempt. Null before the first attempt.',
      resolve: ({ provider }) => (provider !== null && isProviderName(provider) ? provider : null),
    }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'Model of the latest attempt. Null before the first attempt.',
    }),
    usage: t.field({
      type: TokenUsageRef,
      description: 'Tokens used by all attempts.',
      resolve: async (step, _args, ctx) => (await stepTotals(ctx, step)).usage,
    }),
    cost: t.field({
      type: 'Decimal',
      description:
        'Cost of all attempts in US dollars. The costs of all steps add up to the cost of the run.',
      resolve: async (step, _args, ctx) => (await stepTotals(ctx, step)).costMicros,
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the first attempt started. Null before.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the status became final. Null before.',
    }),
  }),
});

export const CheckpointRef = builder.objectRef<Checkpoint>('Checkpoint');

builder.node(CheckpointRef, {
  description:
    'State of a run at the time when one of its steps finished. Kept for 24 hours after the run ends.',
  id: {
    description: 'Globally unique, opaque and stable identifier.',
    resolve: checkpointIdOf,
  },
  loadMany: async (ids: string[], ctx: Context) => {
    const found = await readCheckpoints(ids, ctx);
    return ids.map((id) => found.get(id));
  },
  fields: (t) => ({
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the step finished.' }),
    step: t.exposeInt('step', {
      description: 'Rank of the step among the finished steps of the run, counted from 1.',
    }),
    nextSteps: t.exposeStringList('nextSteps', {
      description: 'Keys of the steps that could start at this checkpoint.',
    }),
    state: t.field({
      type: 'JSONObject',
      description:
        'The `request` of the run and `outputs`: the output of each finished step by key, null for skipped steps.',
      resolve: (checkpoint) => ({ ...checkpoint.state }),
    }),
  }),
});

export const CheckpointConnection = connection(CheckpointRef, 'Checkpoint');

nodeLoader('Checkpoint', readCheckpoints);

/** Reads each run once, however many of its checkpoints are asked for. */
async function readCheckpoints(ids: readonly string[], ctx: Context): Promise<Map<string, Checkpoint>> {
  const executionIds = [...new Set(ids.map((id) => id.split(':')[0]!))];
  const runs = await ctx.database.prisma.pipelineExecution.findMany({
    where: { AND: [{ id: { in: executionIds } }, visible('PipelineExecution', ctx.viewer)] },
    include: { steps: true },
  });
  const checkpoints = runs.flatMap((run) => checkpointsOf(run, run.steps));
  return new Map(checkpoints.map((checkpoint) => [checkpointIdOf(checkpoint), checkpoint]));
}

function checkpointIdOf({ executionId, step }: Checkpoint): string {
  return `${executionId}:${step}`;
}

function stepKeyOf(id: string): { executionId: string; key: string } {
  const [executionId = '', key = ''] = id.split(':');
  return { executionId, key };
}

async function stepTotals(ctx: Context, step: { executionId: string; key: string }) {
  const totals = await totalsOf(ctx).load(step.executionId);
  return totals.steps.get(step.key) ?? NO_TOTALS;
}
