import DataLoader from 'dataloader';
import { visible } from '../../access/visibility.ts';
import { createContextCache } from '../../kernel/context-cache.ts';

/** Templates that others name, read together. Null: deleted, or not visible to the viewer. */
export const namedTemplates = createContextCache(
  (ctx) =>
    new DataLoader(async (ids: readonly string[]) => {
      const where = { AND: [{ id: { in: [...ids] } }, visible('PipelineTemplate', ctx.viewer)] };
      const rows = await ctx.database.prisma.pipelineTemplate.findMany({ where });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
);
