import type { ApprovalRequest, PipelineExecution } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/**
 * Prisma condition: requests that the viewer may see. These are the requests of their own runs, all of the tenant for
 * an ADMIN, and those that they may decide as another member.
 */
export function visibleTo(viewer: Viewer) {
  const { tenantId, userId: ownerId } = viewer;
  if (viewer.role === 'ADMIN') return { tenantId };
  const own = { execution: { ownerId } };
  return viewer.permissions.has('APPROVAL_DECIDE')
    ? { tenantId, OR: [own, { execution: { requireDifferentApprover: true } }] }
    : { tenantId, ...own };
}

/** The owner of the run decides or, with `requireDifferentApprover`, any other member with APPROVAL_DECIDE. */
export function mayDecide(viewer: Viewer, request: DecidableRequest): boolean {
  if (request.tenantId !== viewer.tenantId || !viewer.permissions.has('APPROVAL_DECIDE')) return false;
  const isOwner = request.execution.ownerId === viewer.userId;
  return isOwner !== request.execution.requireDifferentApprover;
}

export type DecidableRequest = Pick<ApprovalRequest, 'tenantId'> & {
  execution: Pick<PipelineExecution, 'ownerId' | 'requireDifferentApprover'>;
};
