import { NotFoundError } from '../../errors.ts';
import { authorize } from '../../access/authorize.ts';
import { visible } from '../../access/visibility.ts';
import type { Context } from '../../kernel/context.ts';
import { type EventStream, openStream } from '../../kernel/events/log-stream.ts';
import { type ConversationEvent, conversationLog } from '../conversations/events.ts';
import { type ConversationSnapshot, snapshotConversation } from '../conversations/snapshot.ts';

/** All events except the deletion, which ends the stream. */
const SHOWN = {
  MessageAdded: true,
  ConversationChanged: true,
  ReplyProgress: true,
  ProposalReady: true,
  MessageDelta: true,
  MessageAttemptDiscarded: true,
  MessageCompleted: true,
  StageChanged: true,
} as const satisfies Record<Exclude<ConversationEvent['type'], 'ConversationDeleted'>, true>;

export const CONVERSATION_EVENTS = Object.keys(SHOWN) as (keyof typeof SHOWN)[];

/** Streams the events of a conversation until the reader leaves or the conversation is deleted. */
export async function conversationEvents(
  ctx: Context,
  { conversationId, after }: { conversationId: string; after?: number | null },
): Promise<ConversationStream> {
  const viewer = authorize(ctx, 'Subscription.conversationEvents');
  const where = { id: conversationId, ...visible('Conversation', viewer) };
  if ((await ctx.database.prisma.conversation.count({ where })) === 0)
    throw new NotFoundError('The conversation');
  return openStream(ctx, {
    log: conversationLog(conversationId),
    after,
    snapshot: () => snapshotConversation(ctx.database, conversationId),
    shows: CONVERSATION_EVENTS,
    endsAfter: 'ConversationDeleted',
  });
}

type ConversationStream = EventStream<
  Extract<ConversationEvent, { type: (typeof CONVERSATION_EVENTS)[number] }>,
  ConversationSnapshot
>;
