import { builder } from '../../schema-kit/builder.ts';
import { decodeId, encodeId } from '../../schema-kit/global-id.ts';
import { eventTypeName, StreamEventRef } from '../../schema-kit/stream-event.ts';
import { ConversationRef, DiscussionStageRef, MessageRef } from '../conversations/schema.ts';
import type { ConversationSnapshot } from '../conversations/snapshot.ts';
import type { ConversationEvent } from '../conversations/events.ts';
import type { LogEvent } from '../../kernel/events/log-stream.ts';
import { DesignProposalRef } from './schema.ts';
import { conversationEvents } from './streams.ts';

const MessageDeltaEvent = eventRef('MessageDelta').implement({
  description: 'A piece of a reply. Pieces of one attempt join to its text: offset + length = next offset.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'The reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    attempt: t.int({
      description: 'Rises with each attempt of the reply, from 1.',
      resolve: ({ data }) => data.attempt,
    }),
    offset: t.int({
      description: 'Where `text` begins in the message, in UTF-16 units.',
      resolve: ({ data }) => data.offset,
    }),
    text: t.string({ description: 'The piece.', resolve: ({ data }) => data.text }),
  }),
});

const MessageAttemptDiscardedEvent = eventRef('MessageAttemptDiscarded').implement({
  description: 'Drop this attempt’s text: the reply starts again, or has failed.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'The reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    attempt: t.int({ description: 'The attempt that is void.', resolve: ({ data }) => data.attempt }),
    reason: t.string({ description: 'Why, for people to read.', resolve: ({ data }) => data.reason }),
  }),
});

const MessageCompletedEvent = eventRef('MessageCompleted').implement({
  description: 'A reply has ended: COMPLETE, FAILED or CANCELLED.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    message: t.prismaField({
      type: MessageRef,
      description: 'The reply as it ended.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.message.findUniqueOrThrow({ ...query, where: { id: data.messageId } }),
    }),
  }),
});

const StageChangedEvent = eventRef('StageChanged').implement({
  description: 'The discussion has moved on, or back.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    from: t.field({
      type: DiscussionStageRef,
      description: 'Where it was.',
      resolve: ({ data }) => data.from,
    }),
    to: t.field({ type: DiscussionStageRef, description: 'Where it is.', resolve: ({ data }) => data.to }),
  }),
});

const ProposalsReadyEvent = eventRef('ProposalsReady').implement({
  description: 'New proposals, or new versions of some.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    proposals: t.prismaField({
      type: [DesignProposalRef],
      description: 'The new ones.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.designProposal.findMany({
          ...query,
          where: { id: { in: data.proposalIds } },
          orderBy: { strategy: 'asc' },
        }),
    }),
  }),
});

const ConversationSnapshotEvent = builder
  .objectRef<ConversationSnapshot>('ConversationSnapshotEvent')
  .implement({
    description: 'Brings a reader up to date: a reply under way holds its text up to `seq`.',
    interfaces: [StreamEventRef],
    fields: (t) => ({
      conversation: t.field({
        type: ConversationRef,
        description: 'The conversation as it was at `seq`, with its latest 1000 messages.',
        resolve: (snapshot) => snapshot.conversation,
      }),
    }),
  });

const ConversationEvent = builder.unionType('ConversationEvent', {
  description: 'What `conversationEvents` gives.',
  types: [
    MessageDeltaEvent,
    MessageAttemptDiscardedEvent,
    MessageCompletedEvent,
    StageChangedEvent,
    ProposalsReadyEvent,
    ConversationSnapshotEvent,
  ],
  resolveType: eventTypeName,
});

builder.subscriptionField('conversationEvents', (t) =>
  t.field({
    type: ConversationEvent,
    description:
      'The discussion: its replies token by token, its stages, its proposals. Goes on until the client leaves.',
    args: {
      conversationId: t.arg.id({ required: true, description: 'The conversation.' }),
      after: t.arg.int({
        description:
          'The seq of the last event you have: everything behind it follows, once each. Left out: a snapshot first. Above the log’s head: BAD_USER_INPUT.',
      }),
    },
    subscribe: (_root, { conversationId, after }, ctx) =>
      conversationEvents(ctx, { conversationId: decodeId(conversationId, 'Conversation'), after }),
    resolve: (event) => event as never,
  }),
);

function eventRef<Type extends ConversationEvent['type']>(type: Type) {
  return builder.objectRef<LogEvent<Extract<ConversationEvent, { type: Type }>>>(`${type}Event`);
}
