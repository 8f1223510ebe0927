import { builder } from '../../schema-kit/builder.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { eventTypeName, StreamEventRef } from '../../schema-kit/stream-event.ts';
import { ApprovalRequestRef } from '../approvals/schema.ts';
import { AgentKindRef } from '../designs/schema.ts';
import type { ExecutionEvent } from './events.ts';
import type { LogEvent } from '../../kernel/events/log-stream.ts';
import { ExecutionRef, ExecutionStatusRef, StepStatusRef } from './schema.ts';
import type { ExecutionSnapshot } from './snapshot.ts';
import { agentTokens, pipelineProgress } from './streams.ts';

const AFTER =
  'The seq of the last event you have: everything behind it follows, once each. Left out: a snapshot first. Above the log’s head: BAD_USER_INPUT.';
const attemptDescription = 'Rises with each attempt of the step, from 1.';
const progressDescription = '0 to 1: the share of the run’s steps that have finished or were skipped.';

const AgentTokenEvent = eventRef('AgentToken').implement({
  description:
    'A piece of what one agent writes. Pieces of one step and attempt join to its output: offset + length = next offset.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step that writes.', resolve: ({ data }) => data.stepKey }),
    agent: t.field({ type: AgentKindRef, description: 'Who writes.', resolve: ({ data }) => data.agent }),
    attempt: t.int({ description: attemptDescription, resolve: ({ data }) => data.attempt }),
    offset: t.int({
      description: 'Where `text` begins in the output, in UTF-16 units.',
      resolve: ({ data }) => data.offset,
    }),
    text: t.string({ description: 'The piece.', resolve: ({ data }) => data.text }),
  }),
});

const AttemptDiscardedEvent = eventRef('AttemptDiscarded').implement({
  description: 'Drop the text of this attempt: the step failed, was stopped, or starts again.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step that wrote it.', resolve: ({ data }) => data.stepKey }),
    attempt: t.int({ description: 'The attempt that is void.', resolve: ({ data }) => data.attempt }),
    reason: t.string({ description: 'Why, for people to read.', resolve: ({ data }) => data.reason }),
  }),
});

const ExecutionStatusEvent = eventRef('ExecutionStatus').implement({
  description: 'The run has a new status.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    status: t.field({
      type: ExecutionStatusRef,
      description: 'Where the run stands now.',
      resolve: ({ data }) => data.status,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
  }),
});

const StepStatusEvent = eventRef('StepStatus').implement({
  description: 'A step has a new status.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    stepKey: t.string({ description: 'Key of the step.', resolve: ({ data }) => data.stepKey }),
    status: t.field({
      type: StepStatusRef,
      description: 'Where the step stands now.',
      resolve: ({ data }) => data.status,
    }),
    attempt: t.int({
      description: 'The latest attempt; 0 before the first.',
      resolve: ({ data }) => data.attempt,
    }),
    progress: t.float({ description: progressDescription, resolve: ({ data }) => data.progress }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars that the step has cost by then.',
      resolve: ({ data }) => BigInt(data.costMicros),
    }),
    message: t.string({
      nullable: true,
      description: 'Why it failed or was skipped; else null.',
      resolve: ({ data }) => data.message,
    }),
  }),
});

const ApprovalRequestedEvent = eventRef('ApprovalRequested').implement({
  description: 'A step asks for approval.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request as it is now.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

const ApprovalDecidedEvent = eventRef('ApprovalDecided').implement({
  description: 'A request was decided, has expired, or was closed with its run.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with its decision.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

const ExecutionEndedEvent = eventRef('ExecutionEnded').implement({
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

const ExecutionSnapshotEvent = builder.objectRef<ExecutionSnapshot>('ExecutionSnapshotEvent').implement({
  description: 'Brings a reader up to date: `execution.steps.output` holds all text up to `seq`.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The run as it was at `seq`.',
      resolve: (snapshot) => snapshot.execution,
    }),
  }),
});

const AgentTokenStream = builder.unionType('AgentTokenStream', {
  description: 'What `agentTokens` gives.',
  types: [AgentTokenEvent, AttemptDiscardedEvent, ExecutionSnapshotEvent, ExecutionEndedEvent],
  resolveType: eventTypeName,
});

const PipelineProgress = builder.unionType('PipelineProgress', {
  description: 'What `pipelineProgress` gives.',
  types: [
    ExecutionStatusEvent,
    StepStatusEvent,
    ApprovalRequestedEvent,
    ApprovalDecidedEvent,
    ExecutionSnapshotEvent,
    ExecutionEndedEvent,
  ],
  resolveType: eventTypeName,
});

builder.subscriptionFields((t) => ({
  agentTokens: t.field({
    type: AgentTokenStream,
    description: 'Tokens as the agents of a run write them; completes after ExecutionEndedEvent.',
    args: {
      executionId: t.arg.id({ required: true, description: 'The run to watch.' }),
      stepKey: t.arg.string({ description: 'Only what this step writes.' }),
      after: t.arg.int({ description: AFTER }),
    },
    subscribe: (_root, { executionId, stepKey, after }, ctx) =>
      agentTokens(ctx, { executionId: decodeId(executionId, 'PipelineExecution'), stepKey, after }),
    resolve: (event) => event as never,
  }),
  pipelineProgress: t.field({
    type: PipelineProgress,
    description: 'Status of a run, of its steps and of its approvals; completes after ExecutionEndedEvent.',
    args: {
      executionId: t.arg.id({ required: true, description: 'The run to watch.' }),
      after: t.arg.int({ description: AFTER }),
    },
    subscribe: (_root, { executionId, after }, ctx) =>
      pipelineProgress(ctx, { executionId: decodeId(executionId, 'PipelineExecution'), after }),
    resolve: (event) => event as never,
  }),
}));

function eventRef<Type extends ExecutionEvent['type']>(type: Type) {
  return builder.objectRef<LogEvent<Extract<ExecutionEvent, { type: Type }>>>(`${type}Event`);
}
