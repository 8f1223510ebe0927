import { PostgresEventLog } from '../../core/event-log/event-log-postgres.ts';
import type { Sql } from '../../core/sql.ts';
import { NotFoundError } from '../../errors.ts';
import type { Conversation, DesignProposal, Message } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database.ts';
import { conversationLog } from '../../kernel/events/events.ts';
import { type ConversationTotals, NO_CONVERSATION_TOTALS, totalsByConversation } from '../usage/ledger.ts';

/**
 * A conversation as it was at one seq of its log: rows, text and money of one REPEATABLE READ transaction, from
 * which the whole answer is resolved. A reply under way holds its text up to that seq.
 */
export async function snapshotConversation(
  database: Database,
  conversationId: string,
): Promise<ConversationSnapshot> {
  return database.snapshot(async ({ prisma, sql }) => {
    const conversation = await prisma.conversation.findUnique({ where: { id: conversationId } });
    if (!conversation) throw new NotFoundError('The conversation');
    const latest = await prisma.message.findMany({
      where: { conversationId },
      orderBy: { position: 'desc' },
      take: MAX_MESSAGES,
    });
    const proposals = await prisma.designProposal.findMany({ where: { conversationId } });
    const { head } = await new PostgresEventLog(sql).state(conversationLog(conversationId));
    const totals = await totalsByConversation(sql, [conversationId]);
    const snapshot: ConversationSnapshot = {
      seq: head,
      at: new Date(),
      data: { type: 'ConversationSnapshot' },
      conversation,
      messages: await Promise.all(latest.reverse().map((message) => withText(sql, message))),
      proposals,
      totals: totals.get(conversationId) ?? NO_CONVERSATION_TOTALS,
    };
    for (const part of [conversation, ...snapshot.messages]) SNAPSHOTS.set(part, snapshot);
    return snapshot;
  });
}

/** The snapshot that the row of a conversation or of a message is part of. */
export function snapshotOf(row: object): ConversationSnapshot | undefined {
  return SNAPSHOTS.get(row);
}

/** The page of `rows` behind a cursor, which is an id; below zero from the end, or before the cursor. */
export function pageOf<Row extends { id: string }>(
  rows: Row[],
  { take, cursor }: { take: number; cursor: string | undefined },
): Row[] {
  const place = rows.findIndex((row) => row.id === cursor);
  if (cursor && place < 0) return [];
  if (take >= 0) return rows.slice(place + 1, place + 1 + take);
  const end = cursor ? place : rows.length;
  return rows.slice(Math.max(0, end + take), end);
}

/** The text of a message's attempt in the log. */
export async function textInLog(
  sql: Sql,
  message: Pick<Message, 'id' | 'conversationId' | 'attempt'>,
): Promise<string> {
  const [row] = await sql<{ text: string | null }>(
    `SELECT string_agg(data->>'text', '' ORDER BY seq) AS text FROM events
     WHERE log_id = $1 AND data->>'type' = 'MessageDelta'
       AND data->>'messageId' = $2 AND (data->>'attempt')::int = $3`,
    [conversationLog(message.conversationId), message.id, message.attempt],
  );
  return row?.text ?? '';
}

async function withText(sql: Sql, message: Message): Promise<Message> {
  return message.status === 'STREAMING' ? { ...message, content: await textInLog(sql, message) } : message;
}

const SNAPSHOTS = new WeakMap<object, ConversationSnapshot>();
/** The latest messages of a conversation that a snapshot holds. */
const MAX_MESSAGES = 1_000;

export interface ConversationSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ConversationSnapshot' };
  conversation: Conversation;
  messages: Message[];
  proposals: DesignProposal[];
  totals: ConversationTotals;
}
