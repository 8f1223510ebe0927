import type { PipelineExecution } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/**
 * Prisma condition: runs that the viewer may read. These are their own runs, all of the tenant for an ADMIN, and runs
 * with an approval request that they may decide as another member.
 */
export function readableBy(viewer: Viewer) {
  const { tenantId, userId: ownerId } = viewer;
  if (viewer.role === 'ADMIN') return { tenantId };
  return viewer.permissions.has('APPROVAL_DECIDE')
    ? { tenantId, OR: [{ ownerId }, { requireDifferentApprover: true, approvals: { some: {} } }] }
    : { tenantId, ownerId };
}

/** Members who may only decide about a run cannot read its conversation: it stays with the owner and ADMINs. */
export function mayReadDiscussion(viewer: Viewer, run: Pick<PipelineExecution, 'ownerId'>): boolean {
  return viewer.role === 'ADMIN' || run.ownerId === viewer.userId;
}

/** Prisma condition: the viewer's own runs, which they may cancel. */
export function ownedBy(viewer: Viewer) {
  return { tenantId: viewer.tenantId, ownerId: viewer.userId };
}
