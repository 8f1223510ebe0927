import { ConflictError } from '../../errors.ts';
import type { Conversation, Message } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { conversationLog } from './events.ts';

const MAX_QUEUED_REPLIES = 10;

/** Unfinished replies, oldest first. */
export function openReplies(tx: Pick<Tx, 'prisma'>, conversationId: string): Promise<Message[]> {
  return tx.prisma.message.findMany({
    where: { conversationId, status: { in: ['STREAMING', 'QUEUED'] } },
    orderBy: { position: 'asc' },
  });
}

/** Whether the new reply must wait for others. */
export async function applyWhenBusy(
  tx: Tx,
  conversation: Conversation,
  whenBusy: 'REJECT' | 'ENQUEUE' | 'INTERRUPT',
  now: Date,
): Promise<boolean> {
  const open = await openReplies(tx, conversation.id);
  const [first] = open;
  if (!first) return false;
  if (whenBusy === 'INTERRUPT') await cancelReplies(tx, open, now);
  else if (whenBusy === 'REJECT' || open.length > MAX_QUEUED_REPLIES) {
    const advice = whenBusy === 'REJECT' ? 'or send with whenBusy ENQUEUE or INTERRUPT' : 'and send again';
    throw new ConflictError('BUSY', `A reply is still in progress. Wait until it ends, ${advice}.`, {
      type: 'Message',
      id: first.id,
    });
  }
  return open.some((reply) => reply.status === 'STREAMING') || whenBusy === 'ENQUEUE';
}

/** Cancels queued replies; asks the worker to stop a streaming one. */
export async function cancelReplies(tx: Tx, replies: Message[], now: Date): Promise<void> {
  for (const reply of replies) {
    if (reply.status === 'QUEUED') {
      await tx.prisma.message.update({
        where: { id: reply.id },
        data: { status: 'CANCELLED', finishedAt: now },
      });
      tx.append(conversationLog(reply.conversationId), { type: 'MessageCompleted', messageId: reply.id });
    } else {
      await tx.prisma.message.update({ where: { id: reply.id }, data: { cancelRequestedAt: now } });
      tx.append(signalsLog(reply.conversationId), { type: 'cancel' });
      await tx.send('reply', reply.conversationId);
    }
  }
}
