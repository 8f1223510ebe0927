import type { ApprovalRequest, PipelineExecution } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/** The owner of the run decides or, with `requireDifferentApprover`, any other member with APPROVAL_DECIDE. */
export function mayDecide(viewer: Viewer, request: DecidableRequest): boolean {
  if (request.tenantId !== viewer.tenantId || !viewer.permissions.has('APPROVAL_DECIDE')) return false;
  const isOwner = request.execution.ownerId === viewer.userId;
  return isOwner !== request.execution.requireDifferentApprover;
}

export type DecidableRequest = Pick<ApprovalRequest, 'tenantId'> & {
  execution: Pick<PipelineExecution, 'ownerId' | 'requireDifferentApprover'>;
};
