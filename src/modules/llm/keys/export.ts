import { exportPages, type ExportRows } from '../../../kernel/export.ts';

/** The person's own keys, of which only the first characters can be read. */
export const exportLlmKeys: ExportRows = ({ database }, { userId, tenantId }) =>
  exportPages(({ after, take }) =>
    database.prisma.llmKey.findMany({
      where: { ownerId: userId, tenantId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { sealed: true, tenantId: true, ownerId: true },
    }),
  );
