import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Context } from '../context.ts';
import { NO_CONVERSATION_TOTALS, totalsByConversation } from '../usage/ledger.ts';

/** What a conversation's replies have cost, read once for all conversations of an answer. */
export async function conversationCost(ctx: Context, conversation: { id: string }): Promise<bigint> {
  return (await totalsOf(ctx).load(conversation.id)).costMicros;
}

export async function messageCost(
  ctx: Context,
  message: { id: string; conversationId: string },
): Promise<bigint> {
  return (await totalsOf(ctx).load(message.conversationId)).messages.get(message.id) ?? 0n;
}

const totalsOf = createContextCache(
  ({ database }: Context) =>
    new DataLoader(async (ids: readonly string[]) => {
      const totals = await totalsByConversation(database.sql, ids);
      return ids.map((id) => totals.get(id) ?? NO_CONVERSATION_TOTALS);
    }),
);
