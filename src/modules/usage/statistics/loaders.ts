import DataLoader from 'dataloader';
import { visible } from '../../../access/visibility.ts';
import { createContextCache } from '../../../kernel/context-cache.ts';

/** Members of the tenant, read together for all days of an answer. The row of a member who has left stays. */
export const members = createContextCache(
  (ctx) =>
    new DataLoader(async (ids: readonly string[]) => {
      const where = { AND: [{ id: { in: [...ids] } }, visible('User', ctx.viewer)] };
      const rows = await ctx.database.prisma.user.findMany({ where });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? new Error('the ledger names a user who does not exist'));
    }),
);

/** API keys, read together. Null: deleted with the account of its owner, or not visible to the viewer. */
export const apiKeys = createContextCache(
  (ctx) =>
    new DataLoader(async (ids: readonly string[]) => {
      const where = { AND: [{ id: { in: [...ids] } }, visible('ApiKey', ctx.viewer)] };
      const rows = await ctx.database.prisma.apiKey.findMany({ where });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
);
