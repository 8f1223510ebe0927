import { createContextCache } from '../../kernel/reads/context-cache.ts';
import { snapshotLoader } from '../../kernel/events/snapshot-loader.ts';
import { reservedByRun } from '../usage/open-calls.ts';
import { NO_TOTALS, totalsByRun } from '../usage/ledger.ts';
import type { ExecutionSnapshot } from './snapshot.ts';

/** The snapshots from which this context resolves fields, by run id. */
export const executionSnapshots = createContextCache(() => new Map<string, ExecutionSnapshot>());

export const stepsOf = createContextCache((ctx) =>
  snapshotLoader({
    snapshots: executionSnapshots(ctx),
    ofSnapshot: ({ steps }) => steps,
    read: async (ids) => {
      const where = { executionId: { in: ids } };
      const steps = await ctx.database.prisma.stepExecution.findMany({ where, orderBy: { position: 'asc' } });
      return Map.groupBy(steps, ({ executionId }) => executionId);
    },
    none: [],
  }),
);

export const totalsOf = createContextCache((ctx) =>
  snapshotLoader({
    snapshots: executionSnapshots(ctx),
    ofSnapshot: ({ totals }) => totals,
    read: (ids) => totalsByRun(ctx.database.sql, ids),
    none: NO_TOTALS,
  }),
);

export const reservedOf = createContextCache((ctx) =>
  snapshotLoader({
    snapshots: executionSnapshots(ctx),
    ofSnapshot: ({ reservedMicros }) => reservedMicros,
    read: (ids) => reservedByRun(ctx.database.sql, ids),
    none: 0n,
  }),
);
