import { exportPages, type ExportRows } from '../../kernel/export.ts';

/** The requests that the person has decided, and what they said. */
export const exportDecisions: ExportRows = ({ database }, { userId, tenantId }) =>
  exportPages(({ after, take }) =>
    database.prisma.approvalRequest.findMany({
      where: { tenantId, decidedById: userId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      select: {
        id: true,
        executionId: true,
        stepKey: true,
        status: true,
        question: true,
        comment: true,
        editedPrompt: true,
        editedOutput: true,
        decidedAt: true,
      },
    }),
  );
