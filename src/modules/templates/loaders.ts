import DataLoader from 'dataloader';
import { createContextCache } from '../../kernel/reads/context-cache.ts';
import { visibleRows } from '../../kernel/reads/visible-rows.ts';

/** Templates that runs and forks name. */
export const namedTemplates = visibleRows('PipelineTemplate', ({ prisma }, where) =>
  prisma.pipelineTemplate.findMany({ where }),
);

/** How many forks of each template the viewer's tenant has. */
export const forkCounts = createContextCache(
  ({ database, viewer }) =>
    new DataLoader(async (ids: readonly string[]) => {
      const rows = await database.sql<{ id: string; count: number }>(
        `SELECT forked_from_id AS id, count(*)::int AS count FROM pipeline_templates
         WHERE forked_from_id = ANY($1) AND tenant_id = $2 GROUP BY forked_from_id`,
        [ids, viewer?.tenantId ?? null],
      );
      const counts = new Map(rows.map(({ id, count }) => [id, count]));
      return ids.map((id) => counts.get(id) ?? 0);
    }),
);
