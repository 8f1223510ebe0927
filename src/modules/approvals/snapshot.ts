import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database.ts';
import type { Viewer } from '../../access/viewer.ts';
import { databaseTime } from '../../kernel/database-time.ts';
import { approvalsLog } from './events.ts';
import { hasStatusAt } from './expiry.ts';
import { decidableBy } from './policy.ts';

/** Reads the open requests that the viewer may decide, as of one seq of the tenant's approvals. */
export async function snapshotApprovals(database: Database, viewer: Viewer): Promise<ApprovalsSnapshot> {
  return database.snapshot(async ({ prisma, sql, eventLog }) => {
    const mine = decidableBy(viewer);
    const isOpen = hasStatusAt(await databaseTime(sql), ['PENDING']);
    const approvals = mine
      ? await prisma.approvalRequest.findMany({
          where: { AND: [mine, isOpen] },
          orderBy: { id: 'asc' },
          take: MAX_OPEN,
        })
      : [];
    const { head } = await eventLog.state(approvalsLog(viewer.tenantId));
    return { seq: head, at: new Date(), data: { type: 'ApprovalsSnapshot' }, approvals };
  });
}

const MAX_OPEN = 1_000;

export interface ApprovalsSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ApprovalsSnapshot' };
  approvals: ApprovalRequest[];
}
