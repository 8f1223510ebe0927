import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import { authorize } from '../../access/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { abortOnReturn } from '../../kernel/events/log-stream.ts';
import { approvalsLog } from './events.ts';
import { mayDecide, visibleTo } from './policy.ts';

/** Requests that the viewer may decide: those open now, then each new one and each decision, as it is by then. */
export async function approvalRequests(
  ctx: Context,
): Promise<AsyncGenerator<ApprovalRequest, void, undefined>> {
  const viewer = authorize(ctx, 'Subscription.approvalRequests');
  const { prisma } = ctx.database;
  const include = { execution: { select: { ownerId: true, requireDifferentApprover: true } } };
  // The head first: what is made after it comes by the log, at worst twice.
  const { head } = await ctx.eventLog.state(approvalsLog(viewer.tenantId));
  return abortOnReturn(read);

  async function* read(signal: AbortSignal) {
    const open = await prisma.approvalRequest.findMany({
      where: { status: 'PENDING', ...visibleTo(viewer) },
      include,
      orderBy: { id: 'asc' },
      take: MAX_OPEN,
    });
    yield* open.filter((request) => mayDecide(viewer, request));
    for await (const event of ctx.followers.follow(approvalsLog(viewer.tenantId), head, signal)) {
      const { approvalId: id } = event.data;
      const request = await prisma.approvalRequest.findFirst({
        where: { id, ...visibleTo(viewer) },
        include,
      });
      if (request && mayDecide(viewer, request)) yield request;
    }
  }
}

const MAX_OPEN = 1_000;
