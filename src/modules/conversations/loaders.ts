import DataLoader from 'dataloader';
import type { Message } from '../../generated/prisma/client.ts';
import type { MessageRole } from '../../generated/prisma/enums.ts';
import { type ChildPage, pick, readBatchedPages } from '../../kernel/reads/batched-pages.ts';
import { createContextCache } from '../../kernel/reads/context-cache.ts';
import { snapshotLoader } from '../../kernel/events/snapshot-loader.ts';
import { NO_CONVERSATION_TOTALS, totalsByConversation } from '../usage/ledger.ts';
import { type ConversationSnapshot, MAX_MESSAGES } from './snapshot.ts';

/** The snapshots that the answer of this context is made from, by the id of the conversation. */
export const conversationSnapshots = createContextCache(() => new Map<string, ConversationSnapshot>());

/** What the replies of conversations have cost. */
export const totalsOf = createContextCache((ctx) =>
  snapshotLoader({
    snapshots: conversationSnapshots(ctx),
    ofSnapshot: ({ totals }) => totals,
    read: (ids) => totalsByConversation(ctx.database.sql, ids),
    none: NO_CONVERSATION_TOTALS,
  }),
);

/** Pages of messages, read together for all conversations of an answer. */
export const messagePages = createContextCache(
  (ctx) =>
    new DataLoader(
      async (pages: readonly ChildPage[]) => {
        const snapshots = conversationSnapshots(ctx);
        const { sql, prisma } = ctx.database;
        const asked = pages.filter(({ parentId }) => !snapshots.has(parentId));
        const ids = asked.length > 0 ? await readBatchedPages(sql, MESSAGES, asked) : [];
        const rows =
          ids.length > 0 ? await prisma.message.findMany({ where: { id: { in: ids.flat() } } }) : [];
        const read = new Map(pick(ids, rows).map((messages, i) => [asked[i]!, messages]));
        return pages.map((page) => read.get(page) ?? pageOf(snapshots.get(page.parentId)!.messages, page));
      },
      { cacheKeyFn: (page) => JSON.stringify(page) },
    ),
);

/** Numbers of messages by role. A snapshot with room for more holds all of them. */
export const messageCounts = createContextCache((ctx) => {
  const whole = [...conversationSnapshots(ctx)].filter(([, { messages }]) => messages.length < MAX_MESSAGES);
  return snapshotLoader<ConversationSnapshot, Counts>({
    snapshots: new Map(whole),
    ofSnapshot: ({ messages }) => countBy(messages.map(({ role }) => ({ role, _count: 1 }))),
    read: async (ids) => {
      const counts = await ctx.database.prisma.message.groupBy({
        by: ['conversationId', 'role'],
        where: { conversationId: { in: ids } },
        _count: true,
      });
      const byConversation = Map.groupBy(counts, ({ conversationId }) => conversationId);
      return new Map([...byConversation].map(([id, rows]) => [id, countBy(rows)]));
    },
    none: countBy([]),
  });
});

/** How many messages a role has, or all roles together. */
function countBy(counts: { role: MessageRole; _count: number }[]): Counts {
  return (role) =>
    counts.filter((count) => !role || count.role === role).reduce((sum, { _count }) => sum + _count, 0);
}

/** The page of a snapshot's messages behind a cursor, which is an id; below zero from the end, or before the cursor. */
function pageOf(messages: Message[], { take, cursor, filter }: ChildPage): Message[] {
  const rows = messages.filter(({ role }) => !filter || role === filter);
  const place = rows.findIndex((row) => row.id === cursor);
  if (cursor && place < 0) return [];
  if (take >= 0) return rows.slice(place + 1, place + 1 + take);
  const end = cursor ? place : rows.length;
  return rows.slice(Math.max(0, end + take), end);
}

const MESSAGES = {
  table: 'messages',
  parent: 'conversation_id',
  order: 'position',
  isDescending: false,
  filter: 'role',
};

type Counts = (role?: MessageRole | null) => number;
