import type { PipelineExecution } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/**
 * Runs that the viewer may read: their own, as an ADMIN all of the tenant, and those with an approval that they
 * may decide as another member.
 */
export function readableBy(viewer: Viewer) {
  const { tenantId, userId: ownerId } = viewer;
  if (viewer.role === 'ADMIN') return { tenantId };
  return viewer.permissions.has('APPROVAL_DECIDE')
    ? { tenantId, OR: [{ ownerId }, { requireDifferentApprover: true, approvals: { some: {} } }] }
    : { tenantId, ownerId };
}

/** The discussion of a run stays with its owner: whoever only decides about the run sees no more than the run. */
export function mayReadDiscussion(viewer: Viewer, run: Pick<PipelineExecution, 'ownerId'>): boolean {
  return viewer.role === 'ADMIN' || run.ownerId === viewer.userId;
}

/** Runs that the viewer may cancel: their own. */
export function ownedBy(viewer: Viewer) {
  return { tenantId: viewer.tenantId, ownerId: viewer.userId };
}
