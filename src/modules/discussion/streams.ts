import { NotFoundError } from '../../errors.ts';
import { authorize } from '../../access/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { readableBy } from '../conversations/policy.ts';
import { type ConversationSnapshot, snapshotConversation } from '../conversations/snapshot.ts';
import { type ConversationEvent, conversationLog } from '../conversations/events.ts';
import { type LogEvent, openStream } from '../../kernel/events/log-stream.ts';

/** Everything that happens in a conversation; goes on until the reader leaves or the conversation is deleted. */
export async function conversationEvents(
  ctx: Context,
  { conversationId, after }: { conversationId: string; after?: number | null },
): Promise<AsyncGenerator<LogEvent<ConversationEvent> | ConversationSnapshot, void, undefined>> {
  const viewer = authorize(ctx, 'Subscription.conversationEvents');
  const where = { id: conversationId, ...readableBy(viewer) };
  if ((await ctx.database.prisma.conversation.count({ where })) === 0)
    throw new NotFoundError('The conversation');
  return openStream<ConversationEvent, ConversationSnapshot>(ctx, {
    log: conversationLog(conversationId),
    after,
    hasEnded: async () => false,
    snapshot: () => snapshotConversation(ctx.database, conversationId),
    includes: (event) => event.type !== 'ConversationDeleted',
    isEnd: (event) => event.type === 'ConversationDeleted',
  });
}
