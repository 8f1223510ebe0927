import { exportPages, type ExportRows } from '../../kernel/export.ts';
import { ownedBy } from '../../access/visibility.ts';

const INTERNAL = { executionId: true, finishedOrder: true, knownInputTokens: true, textTokens: true };

/** Runs with their steps. */
export const exportRuns: ExportRows = ({ database }, viewer) =>
  exportPages(({ after, take }) =>
    database.prisma.pipelineExecution.findMany({
      where: { ...ownedBy(viewer), id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { tenantId: true, ownerId: true, stalledClaims: true },
      include: { steps: { orderBy: { position: 'asc' }, omit: INTERNAL } },
    }),
  );
