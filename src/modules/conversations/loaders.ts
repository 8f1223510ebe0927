import DataLoader from 'dataloader';
import type { MessageRole } from '../../generated/prisma/enums.ts';
import { type ChildPage, pick, readBatchedPages } from '../../kernel/batched-pages.ts';
import { createContextCache } from '../../kernel/context-cache.ts';
import type { Context } from '../../kernel/context.ts';
import { NO_CONVERSATION_TOTALS, totalsByConversation } from '../usage/ledger.ts';

/** What the replies of conversations have cost, read once for all conversations of an answer. */
export const totalsOf = createContextCache(
  ({ database }: Context) =>
    new DataLoader(async (ids: readonly string[]) => {
      const totals = await totalsByConversation(database.sql, ids);
      return ids.map((id) => totals.get(id) ?? NO_CONVERSATION_TOTALS);
    }),
);

/** Pages of messages, read together for all conversations of an answer. */
export const messagePages = createContextCache(
  ({ database }: Context) =>
    new DataLoader(
      async (pages: readonly ChildPage[]) => {
        const ids = await readBatchedPages(database.sql, MESSAGES, pages);
        const messages = await database.prisma.message.findMany({ where: { id: { in: ids.flat() } } });
        return pick(ids, messages);
      },
      { cacheKeyFn: (page) => JSON.stringify(page) },
    ),
);

/** Numbers of messages by conversation and role, counted together for all conversations of an answer. */
export const messageCounts = createContextCache(
  ({ database }: Context) =>
    new DataLoader(async (ids: readonly string[]) => {
      const counts = await database.prisma.message.groupBy({
        by: ['conversationId', 'role'],
        where: { conversationId: { in: [...ids] } },
        _count: true,
      });
      const byConversation = Map.groupBy(counts, ({ conversationId }) => conversationId);
      return ids.map(
        (id) =>
          (role?: MessageRole | null): number =>
            (byConversation.get(id) ?? [])
              .filter((count) => !role || count.role === role)
              .reduce((sum, count) => sum + count._count, 0),
      );
    }),
);

const MESSAGES = {
  table: 'messages',
  parent: 'conversation_id',
  order: 'position',
  isDescending: false,
  filter: 'role',
};
