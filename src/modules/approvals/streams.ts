import { authorize } from '../../access/authorize.ts';
import { visible } from '../../access/visibility.ts';
import type { Context } from '../../kernel/context.ts';
import { type EventStream, openStream } from '../../kernel/events/log-stream.ts';
import { type ApprovalEvent, approvalsLog } from './events.ts';
import { mayDecide } from './policy.ts';
import { type ApprovalsSnapshot, snapshotApprovals } from './snapshot.ts';

/** Streams new requests and decisions of the tenant, for requests that the viewer may decide. */
export async function approvalEvents(
  ctx: Context,
  { after }: { after?: number | null },
): Promise<EventStream<ApprovalEvent, ApprovalsSnapshot>> {
  const viewer = authorize(ctx, 'Subscription.approvalEvents');
  return openStream(ctx, {
    log: approvalsLog(viewer.tenantId),
    after,
    snapshot: () => snapshotApprovals(ctx.database, viewer),
    where: async ({ approvalId: id }) => {
      const request = await ctx.database.prisma.approvalRequest.findFirst({
        where: { id, ...visible('ApprovalRequest', viewer) },
        include: { execution: { select: { ownerId: true, requireDifferentApprover: true } } },
      });
      return request !== null && mayDecide(viewer, request);
    },
  });
}
