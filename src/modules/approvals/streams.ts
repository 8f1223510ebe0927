import { authorize } from '../../access/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type EventStream, openStream } from '../../kernel/events/log-stream.ts';
import { type ApprovalEvent, approvalsLog } from './events.ts';
import { decidableBy } from './policy.ts';
import { type ApprovalsSnapshot, snapshotApprovals } from './snapshot.ts';

/** Streams new requests and decisions of the tenant, for requests that the viewer may decide. */
export async function approvalEvents(
  ctx: Context,
  { after }: { after?: number | null },
): Promise<EventStream<ApprovalEvent, ApprovalsSnapshot>> {
  const viewer = authorize(ctx, 'Subscription.approvalEvents');
  const mine = decidableBy(viewer);
  return openStream(ctx, {
    log: approvalsLog(viewer.tenantId),
    after,
    snapshot: () => snapshotApprovals(ctx.database, viewer),
    where: async ({ approvalId: id }) =>
      mine !== null &&
      (await ctx.database.prisma.approvalRequest.count({ where: { AND: [{ id }, mine] } })) > 0,
  });
}
