import { visibleRows } from '../../kernel/visible-rows.ts';

/** Templates that runs and forks name. */
export const namedTemplates = visibleRows('PipelineTemplate', ({ prisma }, where) =>
  prisma.pipelineTemplate.findMany({ where }),
);
