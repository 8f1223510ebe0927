import { exportPages, type ExportRows } from '../../kernel/export.ts';

/** The calls of models that the person has paid for. */
export const exportLedger: ExportRows = ({ database }, { userId, tenantId }) =>
  exportPages(
    ({ after, take }) =>
      database.prisma.ledgerEntry.findMany({
        where: { userId, tenantId, id: { gt: after } },
        orderBy: { id: 'asc' },
        take,
        omit: { tenantId: true, userId: true },
      }),
    SMALL_ROWS,
  );

const SMALL_ROWS = 1_000;
