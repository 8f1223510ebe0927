import type { ApprovalRequest, PipelineExecution, Prisma } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';

/** The owner of the run decides or, with `requireDifferentApprover`, any other member with APPROVAL_DECIDE. */
export function mayDecide(viewer: Viewer, request: DecidableRequest): boolean {
  if (request.tenantId !== viewer.tenantId || !viewer.permissions.has('APPROVAL_DECIDE')) return false;
  const isOwner = request.execution.ownerId === viewer.userId;
  return isOwner !== request.execution.requireDifferentApprover;
}

/** Prisma condition: the requests that the viewer may decide. Null: none at all. */
export function decidableBy({
  tenantId,
  userId,
  permissions,
}: Viewer): Prisma.ApprovalRequestWhereInput | null {
  if (!permissions.has('APPROVAL_DECIDE')) return null;
  const own = { ownerId: userId, requireDifferentApprover: false };
  const ofOthers = { ownerId: { not: userId }, requireDifferentApprover: true };
  return { tenantId, execution: { OR: [own, ofOthers] } };
}

export type DecidableRequest = Pick<ApprovalRequest, 'tenantId'> & {
  execution: Pick<PipelineExecution, 'ownerId' | 'requireDifferentApprover'>;
};
