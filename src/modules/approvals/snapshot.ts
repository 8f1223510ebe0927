import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database.ts';
import type { Viewer } from '../../access/viewer.ts';
import { visible } from '../../access/visibility.ts';
import { approvalsLog } from './events.ts';
import { mayDecide } from './policy.ts';

/** Reads the open requests that the viewer may decide, as of one seq of the tenant's approvals. */
export async function snapshotApprovals(database: Database, viewer: Viewer): Promise<ApprovalsSnapshot> {
  return database.snapshot(async ({ prisma, eventLog }) => {
    const open = await prisma.approvalRequest.findMany({
      where: { status: 'PENDING', ...visible('ApprovalRequest', viewer) },
      include: { execution: { select: { ownerId: true, requireDifferentApprover: true } } },
      orderBy: { id: 'asc' },
      take: MAX_OPEN,
    });
    const { head } = await eventLog.state(approvalsLog(viewer.tenantId));
    return {
      seq: head,
      at: new Date(),
      data: { type: 'ApprovalsSnapshot' },
      approvals: open.filter((request) => mayDecide(viewer, request)),
    };
  });
}

const MAX_OPEN = 1_000;

export interface ApprovalsSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ApprovalsSnapshot' };
  approvals: ApprovalRequest[];
}
