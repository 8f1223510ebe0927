import { ownedBy } from '../../access/visibility.ts';
import { exportPages, type ExportRows } from '../../kernel/export.ts';

export const exportTemplates: ExportRows = ({ database }, viewer) =>
  exportPages(({ after, take }) =>
    database.prisma.pipelineTemplate.findMany({
      where: { ...ownedBy(viewer), id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { tenantId: true, ownerId: true, searchText: true, translations: true },
    }),
  );
