import { builder } from '../../schema-kit/builder.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import {
  AFTER,
  eventPageComplexity,
  eventRef,
  eventTypeName,
  type EventTypes,
  PAGE_ARGS,
  StreamEventPageRef,
  StreamEventRef,
} from '../../schema-kit/stream-event.ts';
import { readEventPage } from '../../kernel/events/event-page.ts';
import { APPROVAL_EVENT_TYPES } from '../approvals/event-schema.ts';
import { AgentKindRef } from '../designs/schema.ts';
import { type ExecutionEvent, executionLog } from './events.ts';
import { executionSnapshots } from './loaders.ts';
import { ExecutionRef, ExecutionStatusRef, StepExecutionRef, StepStatusRef } from './schema.ts';
import type { ExecutionSnapshot } from './snapshot.ts';
import { agentTokens, executionEvents, pipelineProgress, PROGRESS_EVENTS, TOKEN_EVENTS } from './streams.ts';

const progressDescription = '0 to 1: the share of the run’s steps that have finished or were skipped.';

const AgentTokenEvent = eventRef<ExecutionEvent, 'AgentToken'>('AgentToken').implement({
  description:
    'A piece of what one agent writes. Pieces of one step and attempt join to its output: offset + length = next offset.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step that writes.', resolve: ({ data }) => data.stepKey }),
    agent: t.field({ type: AgentKindRef, description: 'Who writes.', resolve: ({ data }) => data.agent }),
    attempt: t.int({
      description: 'Rises with each attempt of the step, from 1.',
      resolve: ({ data }) => data.attempt,
    }),
    offset: t.int({
      description: 'Where `text` begins in the output, in UTF-16 units.',
      resolve: ({ data }) => data.offset,
    }),
    text: t.string({ description: 'The piece.', resolve: ({ data }) => data.text }),
  }),
});

const AttemptDiscardedEvent = eventRef<ExecutionEvent, 'AttemptDiscarded'>('AttemptDiscarded').implement({
  description: 'Drop the text of this attempt: the step failed, was stopped, or starts again.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step that wrote it.', resolve: ({ data }) => data.stepKey }),
    attempt: t.int({ description: 'The attempt that is void.', resolve: ({ data }) => data.attempt }),
    reason: t.string({ description: 'Why, for people to read.', resolve: ({ data }) => data.reason }),
  }),
});

const ExecutionStatusEvent = eventRef<ExecutionEvent, 'ExecutionStatus'>('ExecutionStatus').implement({
  description: 'The run has a new status.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    executionStatus: t.field({
      type: ExecutionStatusRef,
      description: 'The status that it got then.',
      resolve: ({ data }) => data.status,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
  }),
});

const StepStatusEvent = eventRef<ExecutionEvent, 'StepStatus'>('StepStatus').implement({
  description: 'A step has a new status.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step.', resolve: ({ data }) => data.stepKey }),
    stepStatus: t.field({
      type: StepStatusRef,
      description: 'The status that it got then.',
      resolve: ({ data }) => data.status,
    }),
    attempt: t.int({
      description: 'The latest attempt; 0 before the first.',
      resolve: ({ data }) => data.attempt,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars that the step had cost by then.',
      resolve: ({ data }) => BigInt(data.costMicros),
    }),
    statusReason: t.string({
      nullable: true,
      description: 'Why it failed or was skipped; else null.',
      resolve: ({ data }) => data.reason,
    }),
    step: t.prismaField({
      type: StepExecutionRef,
      description: 'The step as it is now.',
      resolve: (query, { data: { executionId, stepKey: key } }, _args, ctx) =>
        ctx.database.prisma.stepExecution.findUniqueOrThrow({
          ...query,
          where: { executionId_key: { executionId, key } },
        }),
    }),
  }),
});

const ExecutionEndedEvent = eventRef<ExecutionEvent, 'ExecutionEnded'>('ExecutionEnded').implement({
  description: 'The last event of a run, once.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    execution: t.prismaField({
      type: ExecutionRef,
      description: 'The run as it ended.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.pipelineExecution.findUniqueOrThrow({
          ...query,
          where: { id: data.executionId },
        }),
    }),
  }),
});

export const EXECUTION_EVENT_TYPES = {
  AgentToken: { ref: AgentTokenEvent, fromData: ['stepKey', 'agent', 'attempt', 'offset', 'text'] },
  AttemptDiscarded: { ref: AttemptDiscardedEvent, fromData: ['stepKey', 'attempt', 'reason'] },
  ExecutionStatus: { ref: ExecutionStatusEvent, fromData: ['executionStatus', 'progress'] },
  StepStatus: {
    ref: StepStatusEvent,
    fromData: ['stepKey', 'stepStatus', 'attempt', 'progress', 'cost', 'statusReason'],
  },
  ...APPROVAL_EVENT_TYPES,
  ExecutionEnded: { ref: ExecutionEndedEvent, fromData: [] },
} satisfies EventTypes<ExecutionEvent>;

const ExecutionSnapshotEvent = builder.objectRef<ExecutionSnapshot>('ExecutionSnapshotEvent').implement({
  description: 'Brings a reader up to date: `execution.steps.output` holds all text up to `seq`.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The run as it was at `seq`.',
      resolve: (snapshot, _args, ctx) => {
        executionSnapshots(ctx).set(snapshot.execution.id, snapshot);
        return snapshot.execution;
      },
    }),
  }),
});

const ExecutionEventRef = builder.unionType('ExecutionEvent', {
  description: 'Everything that happens in a run: what `executionEvents` gives.',
  types: [...Object.values(EXECUTION_EVENT_TYPES).map(({ ref }) => ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

const AgentTokenStream = builder.unionType('AgentTokenStream', {
  description: 'What `agentTokens` gives.',
  types: [...TOKEN_EVENTS.map((type) => EXECUTION_EVENT_TYPES[type].ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

const PipelineProgress = builder.unionType('PipelineProgress', {
  description: 'What `pipelineProgress` gives.',
  types: [...PROGRESS_EVENTS.map((type) => EXECUTION_EVENT_TYPES[type].ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

builder.prismaObjectField(ExecutionRef, 'events', (t) =>
  t.field({
    type: StreamEventPageRef,
    description: 'The log of the run, for readers that cannot subscribe.',
    args: {
      after: t.arg.int({ required: true, defaultValue: 0, description: PAGE_ARGS.after }),
      first: t.arg.int({ required: true, defaultValue: 100, description: PAGE_ARGS.first }),
    },
    complexity: eventPageComplexity,
    resolve: ({ id }, page, ctx) => readEventPage(ctx, executionLog(id), page),
  }),
);

builder.subscriptionFields((t) => {
  const executionId = t.arg.id({ required: true, description: 'The run to watch.' });
  const after = t.arg.int({ description: AFTER });
  return {
    executionEvents: t.field({
      type: ExecutionEventRef,
      description: 'Everything of a run, in one stream; completes after ExecutionEndedEvent.',
      args: { executionId, after },
      subscribe: (_root, args, ctx) => executionEvents(ctx, inputOf(args)),
      resolve: (event) => event,
    }),
    agentTokens: t.field({
      type: AgentTokenStream,
      description: 'Tokens as the agents of a run write them; completes after ExecutionEndedEvent.',
      args: { executionId, stepKey: t.arg.string({ description: 'Only what this step writes.' }), after },
      subscribe: (_root, args, ctx) => agentTokens(ctx, { ...inputOf(args), stepKey: args.stepKey }),
      resolve: (event) => event,
    }),
    pipelineProgress: t.field({
      type: PipelineProgress,
      description: 'Status of a run, of its steps and of its approvals; completes after ExecutionEndedEvent.',
      args: { executionId, after },
      subscribe: (_root, args, ctx) => pipelineProgress(ctx, inputOf(args)),
      resolve: (event) => event,
    }),
  };
});

function inputOf({ executionId, after }: { executionId: string; after?: number | null }) {
  return { executionId: decodeId(executionId, 'PipelineExecution'), after };
}
