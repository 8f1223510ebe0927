import {
  execute,
  type ExecutionResult,
  type GraphQLObjectType,
  isLeafType,
  getNullableType,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/transport/graphql/schema.ts';
import { APPROVAL_EVENT_TYPES } from '../../src/modules/approvals/event-schema.ts';
import type { ApprovalEvent } from '../../src/modules/approvals/events.ts';
import type { ConversationEvent } from '../../src/modules/conversations/events.ts';
import { CONVERSATION_EVENT_TYPES } from '../../src/modules/discussion/event-schema.ts';
import { EXECUTION_EVENT_TYPES } from '../../src/modules/pipelines/event-schema.ts';
import type { ExecutionEvent } from '../../src/modules/pipelines/events.ts';

const attempt = { attempt: 2, offset: 4, text: 'text' };

/** One event of each type. */
const EVENTS: {
  [Type in AnyEvent['type']]: Extract<AnyEvent, { type: Type }>;
} = {
  AgentToken: { type: 'AgentToken', stepKey: 'a', agent: 'ANALYZER', ...attempt },
  AttemptDiscarded: { type: 'AttemptDiscarded', stepKey: 'a', attempt: 1, reason: 'It broke.' },
  ExecutionStatus: { type: 'ExecutionStatus', status: 'RUNNING', progress: 0.5 },
  StepStatus: {
    type: 'StepStatus',
    executionId: 'run',
    stepKey: 'a',
    status: 'FAILED',
    attempt: 2,
    progress: 0.5,
    costMicros: '12',
    reason: 'It broke.',
  },
  ApprovalRequested: { type: 'ApprovalRequested', approvalId: 'request' },
  ApprovalDecided: { type: 'ApprovalDecided', approvalId: 'request' },
  ExecutionEnded: { type: 'ExecutionEnded', executionId: 'run' },
  MessageAdded: { type: 'MessageAdded', messageId: 'message' },
  ConversationChanged: { type: 'ConversationChanged', conversationId: 'talk' },
  ReplyProgress: { type: 'ReplyProgress', messageId: 'message', activity: 'CRITIQUING', strategy: 'SPEED' },
  ProposalReady: { type: 'ProposalReady', proposalId: 'proposal' },
  MessageDelta: { type: 'MessageDelta', messageId: 'message', ...attempt },
  MessageAttemptDiscarded: {
    type: 'MessageAttemptDiscarded',
    messageId: 'message',
    attempt: 1,
    reason: 'It broke.',
  },
  MessageCompleted: { type: 'MessageCompleted', messageId: 'message' },
  StageChanged: { type: 'StageChanged', from: 'DESIGN', to: 'PRESENT' },
  ConversationDeleted: { type: 'ConversationDeleted' },
};

const STREAMS = [
  ['executionEvents(executionId: "x")', EXECUTION_EVENT_TYPES],
  ['approvalEvents', APPROVAL_EVENT_TYPES],
  ['conversationEvents(conversationId: "x")', CONVERSATION_EVENT_TYPES],
] as const;

describe.each(STREAMS)('an event of %s', (stream, table) => {
  const rows = Object.entries(table).flatMap(([type, row]) =>
    row ? fieldsOf(type).map((field) => [type, field, isMarked(row.fromData, field)] as const) : [],
  );

  it.each(rows.filter(([, , fromData]) => fromData))(
    '%s resolves %s from its data alone',
    async (type, field) => {
      const { data, errors } = await read(stream, type, field);
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({ event: { [field]: expect.anything() } });
    },
  );

  it.each(rows.filter(([, , fromData]) => !fromData))('%s reads the current %s', async (type, field) => {
    const { errors } = await read(stream, type, field);
    expect(errors?.[0]?.message).toBe('the context was read');
  });

  it('marks only existing fields', () => {
    for (const [type, row] of Object.entries(table)) {
      const names = row ? fieldsOf(type) : [];
      expect((row?.fromData ?? []).filter((name: string) => !names.includes(name))).toEqual([]);
    }
  });
});

/** Resolves one field of the event, as the transports do, in a context of which only the size of the answer can be read. */
async function read(stream: string, type: string, field: string): Promise<ExecutionResult> {
  const selection = isLeaf(type, field) ? field : `${field} { __typename }`;
  const document = parse(`subscription { event: ${stream} { ... on ${type}Event { ${selection} } } }`);
  const contextValue = new Proxy(
    {},
    {
      get: (_context, name) => {
        if (name === 'answer') return { add: () => {} };
        throw new Error('the context was read');
      },
    },
  );
  const data = EVENTS[type as AnyEvent['type']];
  return execute({ schema, document, contextValue, rootValue: { seq: 3, at: new Date(), data } });
}

function fieldsOf(type: string): string[] {
  return Object.keys((schema.getType(`${type}Event`) as GraphQLObjectType).getFields());
}

function isLeaf(type: string, field: string): boolean {
  const { type: of } = (schema.getType(`${type}Event`) as GraphQLObjectType).getFields()[field]!;
  return isLeafType(getNullableType(of));
}

function isMarked(fromData: readonly string[], field: string): boolean {
  return ['seq', 'at', ...fromData].includes(field);
}

type AnyEvent = ExecutionEvent | ApprovalEvent | ConversationEvent;
