import type { EventLogReader } from '../../core/event-log/event-log.ts';
import { NotFoundError } from '../../errors.ts';
import type { Conversation, DesignProposal, Message } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database.ts';
import { type ConversationTotals, NO_CONVERSATION_TOTALS, totalsByConversation } from '../usage/ledger.ts';
import { conversationLog } from './events.ts';

/**
 * Reads the state of a conversation at one seq of its log: rows, texts and costs from one REPEATABLE READ transaction.
 * A streaming reply contains its text up to that seq.
 */
export async function snapshotConversation(
  database: Database,
  conversationId: string,
): Promise<ConversationSnapshot> {
  return database.snapshot(async ({ prisma, sql, eventLog }) => {
    const conversation = await prisma.conversation.findUnique({ where: { id: conversationId } });
    if (!conversation) throw new NotFoundError('The conversation');
    const latest = await prisma.message.findMany({
      where: { conversationId },
      orderBy: { position: 'desc' },
      take: MAX_MESSAGES,
    });
    const proposals = await prisma.designProposal.findMany({ where: { conversationId } });
    const { head } = await eventLog.state(conversationLog(conversationId));
    const totals = await totalsByConversation(sql, [conversationId]);
    return {
      seq: head,
      at: new Date(),
      data: { type: 'ConversationSnapshot' },
      conversation,
      messages: await Promise.all(latest.reverse().map((message) => withText(eventLog, message))),
      proposals,
      totals: totals.get(conversationId) ?? NO_CONVERSATION_TOTALS,
    };
  });
}

/** The text of a message's attempt in the log. */
export async function textInLog(
  eventLog: EventLogReader,
  { id: messageId, conversationId, attempt }: Pick<Message, 'id' | 'conversationId' | 'attempt'>,
): Promise<string> {
  const part = { type: 'MessageDelta' as const, messageId, attempt };
  const [text = ''] = await eventLog.texts(conversationLog(conversationId), [part]);
  return text;
}

async function withText(eventLog: EventLogReader, message: Message): Promise<Message> {
  return message.status === 'STREAMING'
    ? { ...message, content: await textInLog(eventLog, message) }
    : message;
}

/** The latest messages of a conversation that a snapshot holds. */
export const MAX_MESSAGES = 1_000;

export interface ConversationSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ConversationSnapshot' };
  conversation: Conversation;
  messages: Message[];
  proposals: DesignProposal[];
  totals: ConversationTotals;
}
