import { builder } from '../../schema-kit/builder.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import {
  AFTER,
  eventRef,
  eventsField,
  eventTypeName,
  type EventTypes,
  StreamEventRef,
} from '../../schema-kit/stream-event.ts';
import { APPROVAL_EVENT_TYPES } from '../approvals/event-schema.ts';
import { AgentKindRef } from '../designs/schema.ts';
import { type ExecutionEvent, executionLog } from './events.ts';
import { executionSnapshots } from './loaders.ts';
import { ExecutionRef, ExecutionStatusRef } from './schema.ts';
import type { ExecutionSnapshot } from './snapshot.ts';
import { StepExecutionRef, StepStatusRef } from './step-schema.ts';
import { agentTokens, executionEvents, pipelineProgress, PROGRESS_EVENTS, TOKEN_EVENTS } from './streams.ts';

const progressDescription = 'Share of the run’s steps that have finished or were skipped, from 0 to 1.';

const AgentTokenEvent = eventRef<ExecutionEvent, 'AgentToken'>('AgentToken').implement({
  description:
    'A chunk of a step’s output. The chunks of an attempt are contiguous: `offset` plus the length of `text` is the next `offset`.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step.', resolve: ({ data }) => data.stepKey }),
    agent: t.field({
      type: AgentKindRef,
      description: 'The agent that runs the step.',
      resolve: ({ data }) => data.agent,
    }),
    attempt: t.int({
      description: 'Number of the attempt, counted from 1.',
      resolve: ({ data }) => data.attempt,
    }),
    offset: t.int({
      description: 'Position of `text` in the output, in UTF-16 code units.',
      resolve: ({ data }) => data.offset,
    }),
    text: t.string({ description: 'Text to append.', resolve: ({ data }) => data.text }),
  }),
});

const AttemptDiscardedEvent = eventRef<ExecutionEvent, 'AttemptDiscarded'>('AttemptDiscarded').implement({
  description:
    'An attempt was discarded because the step failed, was stopped or starts again, or because an approver has rejected, edited or sent back its text. Discard its text.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step.', resolve: ({ data }) => data.stepKey }),
    attempt: t.int({ description: 'Number of the discarded attempt.', resolve: ({ data }) => data.attempt }),
    reason: t.string({ description: 'Human-readable reason.', resolve: ({ data }) => data.reason }),
  }),
});

const ExecutionStatusEvent = eventRef<ExecutionEvent, 'ExecutionStatus'>('ExecutionStatus').implement({
  description: 'The status of the run changed.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    executionStatus: t.field({
      type: ExecutionStatusRef,
      description: 'New status of the run.',
      resolve: ({ data }) => data.status,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
  }),
});

const StepStatusEvent = eventRef<ExecutionEvent, 'StepStatus'>('StepStatus').implement({
  description: 'The status of a step changed.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step.', resolve: ({ data }) => data.stepKey }),
    stepStatus: t.field({
      type: StepStatusRef,
      description: 'New status of the step.',
      resolve: ({ data }) => data.status,
    }),
    attempt: t.int({
      description: 'Number of the latest attempt. 0 before the first.',
      resolve: ({ data }) => data.attempt,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
    cost: t.field({
      type: 'Decimal',
      description: 'Cost of the step in US dollars at that time.',
      resolve: ({ data }) => BigInt(data.costMicros),
    }),
    statusReason: t.string({
      nullable: true,
      description: 'Reason why the step failed or was skipped. Null for other statuses.',
      resolve: ({ data }) => data.reason,
    }),
    step: t.prismaField({
      type: StepExecutionRef,
      description: 'Current state of the step.',
      resolve: (query, { data: { executionId, stepKey: key } }, _args, ctx) =>
        ctx.database.prisma.stepExecution.findUniqueOrThrow({
          ...query,
          where: { executionId_key: { executionId, key } },
        }),
    }),
  }),
});

const ExecutionEndedEvent = eventRef<ExecutionEvent, 'ExecutionEnded'>('ExecutionEnded').implement({
  description: 'The run ended. Always the last event of a run.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    execution: t.prismaField({
      type: ExecutionRef,
      description: 'The ended run.',
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
  description: 'State of the run at `seq`. `execution.steps.output` contains all text up to that event.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The run at `seq`.',
      resolve: (snapshot, _args, ctx) => {
        executionSnapshots(ctx).set(snapshot.execution.id, snapshot);
        return snapshot.execution;
      },
    }),
  }),
});

const ExecutionEventRef = builder.unionType('ExecutionEvent', {
  description: 'Event of the subscription `executionEvents`: any event of a run.',
  types: [...Object.values(EXECUTION_EVENT_TYPES).map(({ ref }) => ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

const AgentTokenStream = builder.unionType('AgentTokenStream', {
  description: 'Event of the subscription `agentTokens`.',
  types: [...TOKEN_EVENTS.map((type) => EXECUTION_EVENT_TYPES[type].ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

const PipelineProgress = builder.unionType('PipelineProgress', {
  description: 'Event of the subscription `pipelineProgress`.',
  types: [...PROGRESS_EVENTS.map((type) => EXECUTION_EVENT_TYPES[type].ref), ExecutionSnapshotEvent],
  resolveType: eventTypeName,
});

eventsField(ExecutionRef, {
  description: 'Event log of the run, for clients that cannot subscribe.',
  log: executionLog,
});

builder.subscriptionFields((t) => {
  const executionId = t.arg.id({ required: true, description: 'Id of the run.' });
  const after = t.arg.int({ description: AFTER });
  return {
    executionEvents: t.field({
      type: ExecutionEventRef,
      description: 'Streams all events of a run. Completes after ExecutionEndedEvent.',
      args: { executionId, after },
      subscribe: (_root, args, ctx) => executionEvents(ctx, inputOf(args)),
      resolve: (event) => event,
    }),
    agentTokens: t.field({
      type: AgentTokenStream,
      description:
        'Streams the output of a run’s agents, token by token. Completes after ExecutionEndedEvent.',
      args: {
        executionId,
        stepKey: t.arg.string({ description: 'Stream only the output of this step. Default: all steps.' }),
        after,
      },
      subscribe: (_root, args, ctx) => agentTokens(ctx, { ...inputOf(args), stepKey: args.stepKey }),
      resolve: (event) => event,
    }),
    pipelineProgress: t.field({
      type: PipelineProgress,
      description:
        'Streams status changes of a run, its steps and its approval requests. Completes after ExecutionEndedEvent.',
      args: { executionId, after },
      subscribe: (_root, args, ctx) => pipelineProgress(ctx, inputOf(args)),
      resolve: (event) => event,
    }),
  };
});

function inputOf({ executionId, after }: { executionId: string; after?: number | null }) {
  return { executionId: decodeId(executionId, 'PipelineExecution'), after };
}
