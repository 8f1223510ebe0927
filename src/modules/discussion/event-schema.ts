import { builder } from '../../schema-kit/builder.ts';
import { decodeId, encodeId } from '../../schema-kit/global-id.ts';
import {
  AFTER,
  eventRef,
  eventsField,
  eventTypeName,
  type EventTypes,
  StreamEventRef,
} from '../../schema-kit/stream-event.ts';
import { type ConversationEvent, conversationLog } from '../conversations/events.ts';
import { conversationSnapshots } from '../conversations/loaders.ts';
import { ConversationRef, DiscussionStageRef, MessageRef } from '../conversations/schema.ts';
import { type ConversationSnapshot, MAX_MESSAGES } from '../conversations/snapshot.ts';
import { DesignProposalRef, ProposalStrategyRef } from './schema.ts';
import { CONVERSATION_EVENTS, conversationEvents } from './streams.ts';

const MessageAddedEvent = eventRef<ConversationEvent, 'MessageAdded'>('MessageAdded').implement({
  description: 'A message was added: one of the user, or a reply with status QUEUED or STREAMING.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    message: t.prismaField({
      type: MessageRef,
      description: 'Current state of the message.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.message.findUniqueOrThrow({ ...query, where: { id: data.messageId } }),
    }),
  }),
});

const ConversationChangedEvent = eventRef<ConversationEvent, 'ConversationChanged'>(
  'ConversationChanged',
).implement({
  description: 'The title, memory or selected proposal changed.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    conversation: t.prismaField({
      type: ConversationRef,
      description: 'Current state of the conversation.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.conversation.findUniqueOrThrow({ ...query, where: { id: data.conversationId } }),
    }),
  }),
});

const ReplyActivityRef = builder.enumType('ReplyActivity', {
  description: 'Activity of the discussion engine while it prepares a reply.',
  values: {
    READING: { description: 'Interpreting the message.' },
    DESIGNING: { description: 'Creating or changing designs.' },
    CRITIQUING: { description: 'Reviewing a design.' },
    WRITING: { description: 'Writing the text of the reply.' },
  } as const,
});

const ReplyProgressEvent = eventRef<ConversationEvent, 'ReplyProgress'>('ReplyProgress').implement({
  description: 'The discussion engine started an activity. Sent before each model call.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'Id of the reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    activity: t.field({
      type: ReplyActivityRef,
      description: 'The activity that started.',
      resolve: ({ data }) => data.activity,
    }),
    strategy: t.field({
      type: ProposalStrategyRef,
      nullable: true,
      description: 'Strategy of the design concerned. Null when the activity concerns none or all designs.',
      resolve: ({ data }) => data.strategy,
    }),
  }),
});

const ProposalReadyEvent = eventRef<ConversationEvent, 'ProposalReady'>('ProposalReady').implement({
  description: 'A new proposal, or a new version of a proposal, was created.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    proposal: t.prismaField({
      type: DesignProposalRef,
      description: 'Current state of the proposal.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.designProposal.findUniqueOrThrow({ ...query, where: { id: data.proposalId } }),
    }),
  }),
});

const MessageDeltaEvent = eventRef<ConversationEvent, 'MessageDelta'>('MessageDelta').implement({
  description:
    'A chunk of a reply’s text. The chunks of an attempt are contiguous: `offset` plus the length of `text` is the next `offset`.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'Id of the reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    attempt: t.int({
      description: 'Number of the attempt, counted from 1.',
      resolve: ({ data }) => data.attempt,
    }),
    offset: t.int({
      description: 'Position of `text` in the message, in UTF-16 code units.',
      resolve: ({ data }) => data.offset,
    }),
    text: t.string({ description: 'Text to append.', resolve: ({ data }) => data.text }),
  }),
});

const MessageAttemptDiscardedEvent = eventRef<ConversationEvent, 'MessageAttemptDiscarded'>(
  'MessageAttemptDiscarded',
).implement({
  description: 'An attempt was discarded because the reply starts again or has failed. Discard its text.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    messageId: t.id({
      description: 'Id of the reply.',
      resolve: ({ data }) => encodeId('Message', data.messageId),
    }),
    attempt: t.int({ description: 'Number of the discarded attempt.', resolve: ({ data }) => data.attempt }),
    reason: t.string({ description: 'Human-readable reason.', resolve: ({ data }) => data.reason }),
  }),
});

const MessageCompletedEvent = eventRef<ConversationEvent, 'MessageCompleted'>('MessageCompleted').implement({
  description: 'A reply ended with status COMPLETE, FAILED or CANCELLED.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    message: t.prismaField({
      type: MessageRef,
      description: 'The final reply.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.message.findUniqueOrThrow({ ...query, where: { id: data.messageId } }),
    }),
  }),
});

const StageChangedEvent = eventRef<ConversationEvent, 'StageChanged'>('StageChanged').implement({
  description: 'The stage of the discussion changed.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    from: t.field({
      type: DiscussionStageRef,
      description: 'Previous stage.',
      resolve: ({ data }) => data.from,
    }),
    to: t.field({ type: DiscussionStageRef, description: 'New stage.', resolve: ({ data }) => data.to }),
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
    description:
      'State of the conversation at `seq`. A reply in progress contains its text up to that event.',
    interfaces: [StreamEventRef],
    fields: (t) => ({
      conversation: t.field({
        type: ConversationRef,
        description: `The conversation at \`seq\`, with its latest ${MAX_MESSAGES} messages.`,
        resolve: (snapshot, _args, ctx) => {
          conversationSnapshots(ctx).set(snapshot.conversation.id, snapshot);
          return snapshot.conversation;
        },
      }),
    }),
  });

const ConversationEventRef = builder.unionType('ConversationEvent', {
  description: 'Event of the subscription `conversationEvents`.',
  types: [
    ...CONVERSATION_EVENTS.map((type) => CONVERSATION_EVENT_TYPES[type].ref),
    ConversationSnapshotEvent,
  ],
  resolveType: eventTypeName,
});

eventsField(ConversationRef, {
  description: 'Event log of the conversation, for clients that cannot subscribe.',
  log: conversationLog,
});

builder.subscriptionField('conversationEvents', (t) =>
  t.field({
    type: ConversationEventRef,
    description:
      'Streams the events of a conversation: replies token by token, stages and proposals. Ends only when the client unsubscribes or the conversation is deleted.',
    args: {
      conversationId: t.arg.id({ required: true, description: 'Id of the conversation.' }),
      after: t.arg.int({ description: AFTER }),
    },
    subscribe: (_root, { conversationId, after }, ctx) =>
      conversationEvents(ctx, { conversationId: decodeId(conversationId, 'Conversation'), after }),
    resolve: (event) => event,
  }),
);
