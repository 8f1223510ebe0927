import type { ApprovalRequest, PipelineExecution } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/**
 * Requests that the viewer may see: those of their own runs, as an ADMIN all of the tenant, and those that they
 * may decide as another member.
 */
export function visibleTo(viewer: Viewer) {
  const { tenantId, userId: ownerId } = viewer;
  if (viewer.role === 'ADMIN') return { tenantId };
  const own = { execution: { ownerId } };
  return viewer.permissions.has('APPROVAL_DECIDE')
    ? { tenantId, OR: [own, { execution: { requireDifferentApprover: true } }] }
    : { tenantId, ...own };
}

/** The owner of the run decides, or, where the design says so, any other member who may decide. */
export function mayDecide(viewer: Viewer, request: DecidableRequest): boolean {
  if (request.tenantId !== viewer.tenantId || !viewer.permissions.has('APPROVAL_DECIDE')) return false;
  const isOwner = request.execution.ownerId === viewer.userId;
  return isOwner !== request.execution.requireDifferentApprover;
}

export type DecidableRequest = Pick<ApprovalRequest, 'tenantId'> & {
  execution: Pick<PipelineExecution, 'ownerId' | 'requireDifferentApprover'>;
};
