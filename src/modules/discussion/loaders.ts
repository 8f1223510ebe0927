import { createContextCache } from '../../kernel/reads/context-cache.ts';
import { snapshotLoader } from '../../kernel/events/snapshot-loader.ts';
import { conversationSnapshots } from '../conversations/loaders.ts';
import { currentProposals } from './engine/proposal.ts';

/** The current version of each design of a conversation. */
export const proposalsOf = createContextCache((ctx) =>
  snapshotLoader({
    snapshots: conversationSnapshots(ctx),
    ofSnapshot: ({ proposals }) => currentProposals(proposals),
    read: async (ids) => {
      const rows = await ctx.database.prisma.designProposal.findMany({
        where: { conversationId: { in: ids } },
        orderBy: [{ strategy: 'asc' }, { version: 'desc' }],
        distinct: ['conversationId', 'strategy'],
      });
      return Map.groupBy(rows, ({ conversationId }) => conversationId);
    },
    none: [],
  }),
);
