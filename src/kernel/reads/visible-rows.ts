import DataLoader from 'dataloader';
import { visible, type VisibleType } from '../../access/visibility.ts';
import type { Context, Services } from '../context.ts';
import { createContextCache } from './context-cache.ts';

/**
 * Rows that others name by id, read together for all of an answer. Null: deleted, or not visible to the viewer.
 *
 * @example
 * const apiKeys = visibleRows('ApiKey', ({ prisma }, where) => prisma.apiKey.findMany({ where }));
 * const key = await apiKeys(ctx).load(id);
 */
export function visibleRows<Type extends VisibleType, Row extends { id: string }>(
  type: Type,
  find: (database: Services['database'], where: Named<Type>) => Promise<Row[]>,
): (ctx: Context) => DataLoader<string, Row | null> {
  return createContextCache(
    (ctx) =>
      new DataLoader(async (ids: readonly string[]) => {
        const rows = await find(ctx.database, { AND: [{ id: { in: [...ids] } }, visible(type, ctx.viewer)] });
        const byId = new Map(rows.map((row) => [row.id, row]));
        return ids.map((id) => byId.get(id) ?? null);
      }),
  );
}

interface Named<Type extends VisibleType> {
  AND: [{ id: { in: string[] } }, ReturnType<typeof visible<Type>>];
}
