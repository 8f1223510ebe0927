import { builder } from '../../schema-kit/builder.ts';
import { decodeId, encodeId } from '../../schema-kit/global-id.ts';
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
import { type ConversationEvent, conversationLog } from '../conversations/events.ts';
import { conversationSnapshots } from '../conversations/loaders.ts';
import { ConversationRef, DiscussionStageRef, MessageRef } from '../conversations/schema.ts';
import type { ConversationSnapshot } from '../conversations/snapshot.ts';
import { DesignProposalRef, ProposalStrategyRef } from './schema.ts';
import { CONVERSATION_EVENTS, conversationEvents } from './streams.ts';

const MessageAddedEvent = eventRef<ConversationEvent, 'MessageAdded'>('MessageAdded').implement({
  description: 'A message of a person, or the reply that will be written: QUEUED or STREAMING, empty yet.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    message: t.prismaField({
      type: MessageRef,
      description: 'The message as it is now.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.message.findUniqueOrThrow({ ...query, where: { id: data.messageId } }),
    }),
  }),
});

const ConversationChangedEvent = eventRef<ConversationEvent, 'ConversationChanged'>(
  'ConversationChanged',
).implement({
  description: 'Title, memory or selection were changed by an act that has no event of its own.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    conversation: t.prismaField({
      type: ConversationRef,
      description: 'The conversation as it is now.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.conversation.findUniqueOrThrow({ ...query, where: { id: data.conversationId } }),
    }),
  }),
});

const ReplyActivityRef = builder.enumType('ReplyActivity', {
  description: 'What the engine does before the first word of a reply.',
  values: {
    READING: { description: 'Finding out what the message means.' },
    DESIGNING: { description: 'Making designs, or changing one.' },
    CRITIQUING: { description: 'Reviewing a design.' },
    WRITING: { description: 'The model was asked for the text.' },
  } as const,
});

const ReplyProgressEvent = eventRef<ConversationEvent, 'ReplyProgress'>('ReplyProgress').implement({
  description: 'The engine has begun something: sent before each call of a model.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'The reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    activity: t.field({
      type: ReplyActivityRef,
      description: 'What it does.',
      resolve: ({ data }) => data.activity,
    }),
    strategy: t.field({
      type: ProposalStrategyRef,
      nullable: true,
      description: 'The design that it is about; null when it is about none or about all.',
      resolve: ({ data }) => data.strategy,
    }),
  }),
});

const ProposalReadyEvent = eventRef<ConversationEvent, 'ProposalReady'>('ProposalReady').implement({
  description: 'A new proposal, or a new version of one: one event for each.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    proposal: t.prismaField({
      type: DesignProposalRef,
      description: 'The proposal as it is now.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.designProposal.findUniqueOrThrow({ ...query, where: { id: data.proposalId } }),
    }),
  }),
});

const MessageDeltaEvent = eventRef<ConversationEvent, 'MessageDelta'>('MessageDelta').implement({
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

const MessageAttemptDiscardedEvent = eventRef<ConversationEvent, 'MessageAttemptDiscarded'>(
  'MessageAttemptDiscarded',
).implement({
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

const MessageCompletedEvent = eventRef<ConversationEvent, 'MessageCompleted'>('MessageCompleted').implement({
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

const StageChangedEvent = eventRef<ConversationEvent, 'StageChanged'>('StageChanged').implement({
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

export const CONVERSATION_EVENT_TYPES = {
  MessageAdded: { ref: MessageAddedEvent, fromData: [] },
  ConversationChanged: { ref: ConversationChangedEvent, fromData: [] },
  ReplyProgress: { ref: ReplyProgressEvent, fromData: ['messageId', 'activity', 'strategy'] },
  ProposalReady: { ref: ProposalReadyEvent, fromData: [] },
  MessageDelta: { ref: MessageDeltaEvent, fromData: ['messageId', 'attempt', 'offset', 'text'] },
  MessageAttemptDiscarded: {
    ref: MessageAttemptDiscardedEvent,
    fromData: ['messageId', 'attempt', 'reason'],
  },
  MessageCompleted: { ref: MessageCompletedEvent, fromData: [] },
  StageChanged: { ref: StageChangedEvent, fromData: ['from', 'to'] },
  ConversationDeleted: null,
} satisfies EventTypes<ConversationEvent>;

const ConversationSnapshotEvent = builder
  .objectRef<ConversationSnapshot>('ConversationSnapshotEvent')
  .implement({
    description: 'Brings a reader up to date: a reply under way holds its text up to `seq`.',
    interfaces: [StreamEventRef],
    fields: (t) => ({
      conversation: t.field({
        type: ConversationRef,
        description: 'The conversation as it was at `seq`, with its latest 1000 messages.',
        resolve: (snapshot, _args, ctx) => {
          conversationSnapshots(ctx).set(snapshot.conversation.id, snapshot);
          return snapshot.conversation;
        },
      }),
    }),
  });

const ConversationEventRef = builder.unionType('ConversationEvent', {
  description: 'What `conversationEvents` gives.',
  types: [
    ...CONVERSATION_EVENTS.map((type) => CONVERSATION_EVENT_TYPES[type].ref),
    ConversationSnapshotEvent,
  ],
  resolveType: eventTypeName,
});

builder.prismaObjectField(ConversationRef, 'events', (t) =>
  t.field({
    type: StreamEventPageRef,
    description: 'The log of the conversation, for readers that cannot subscribe.',
    args: {
      after: t.arg.int({ required: true, defaultValue: 0, description: PAGE_ARGS.after }),
      first: t.arg.int({ required: true, defaultValue: 100, description: PAGE_ARGS.first }),
    },
    complexity: eventPageComplexity,
    resolve: ({ id }, page, ctx) => readEventPage(ctx, conversationLog(id), page),
  }),
);

builder.subscriptionField('conversationEvents', (t) =>
  t.field({
    type: ConversationEventRef,
    description:
      'The discussion: its replies token by token, its stages, its proposals. Goes on until the client leaves.',
    args: {
      conversationId: t.arg.id({ required: true, description: 'The conversation.' }),
      after: t.arg.int({ description: AFTER }),
    },
    subscribe: (_root, { conversationId, after }, ctx) =>
      conversationEvents(ctx, { conversationId: decodeId(conversationId, 'Conversation'), after }),
    resolve: (event) => event,
  }),
);
