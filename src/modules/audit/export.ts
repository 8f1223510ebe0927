import { exportPages, type ExportRows } from '../../kernel/export.ts';

/** The person's own acts in the audit log, with the addresses they came from. */
export const exportActs: ExportRows = ({ database }, { userId, tenantId }) =>
  exportPages(({ after, take }) =>
    database.prisma.auditEntry.findMany({
      where: { actorId: userId, tenantId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      select: {
        id: true,
        at: true,
        action: true,
        targetType: true,
        targetId: true,
        requestId: true,
        detail: true,
        address: { select: { ip: true } },
      },
    }),
  );
