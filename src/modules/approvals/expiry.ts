import type { ApprovalRequest, Prisma } from '../../generated/prisma/client.ts';
import type { ApprovalStatus } from '../../generated/prisma/enums.ts';
import type { Tx } from '../../infra/database.ts';
import { recordAct } from '../../kernel/audit/audit.ts';
import type { Services } from '../../kernel/context.ts';
import { announceDecided } from './announce.ts';

/**
 * The end of requests that nobody decides in time, or before their run ends. Only the database's clock says when their
 * time is over. An overdue request reads as EXPIRED at once; its row follows within a second, and with it the run.
 */

/** The status of a request at a time of the database. */
export function statusAt(now: Date, { status, expiresAt }: Expiring): ApprovalStatus {
  return status === 'PENDING' && expiresAt !== null && expiresAt <= now ? 'EXPIRED' : status;
}

/** The time when a request got its final status, as of a time of the database. Null while it is open. */
export function endedAt(now: Date, request: Expiring & Pick<ApprovalRequest, 'decidedAt'>): Date | null {
  return request.decidedAt ?? (statusAt(now, request) === 'EXPIRED' ? request.expiresAt : null);
}

/** Prisma condition: the requests that have one of these statuses at a time of the database. */
export function hasStatusAt(
  now: Date,
  statuses: readonly ApprovalStatus[],
): Prisma.ApprovalRequestWhereInput {
  const [open, overdue] = [
    { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
    { expiresAt: { lte: now } },
  ];
  const conditions = statuses.flatMap((status): Prisma.ApprovalRequestWhereInput[] => {
    if (status === 'PENDING') return [{ status, ...open }];
    return status === 'EXPIRED' ? [{ status }, { status: 'PENDING', ...overdue }] : [{ status }];
  });
  return conditions.length > 0 ? { OR: conditions } : { id: { in: [] } };
}

/**
 * Locks a request that can be decided, and its run, until the transaction ends. Returns the time of the decision; null:
 * the request is no longer open, or its run is ending.
 */
export async function lockOpen({ sql }: Pick<Tx, 'sql'>, id: string): Promise<Date | null> {
  const [row] = await sql<{ now: Date }>(
    `SELECT now() FROM approval_requests request JOIN pipeline_executions run ON run.id = request.execution_id
     WHERE request.id = $1 AND request.status = 'PENDING'
       AND (request.expires_at IS NULL OR request.expires_at > now())
       AND run.error IS NULL AND run.cancel_requested_at IS NULL
     FOR UPDATE`,
    [id],
  );
  return row?.now ?? null;
}

/** Sets overdue requests to EXPIRED, which has the effect of a rejection. Safe to run in several processes. */
export async function expireApprovals({ database }: Pick<Services, 'database'>): Promise<void> {
  await database.transact(async (tx) => {
    const due = await tx.sql<EndedRequest>(
      `UPDATE approval_requests SET status = 'EXPIRED', decided_at = expires_at
       WHERE id IN (
         SELECT id FROM approval_requests WHERE status = 'PENDING' AND expires_at <= now()
         ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
       RETURNING id, tenant_id AS "tenantId", execution_id AS "executionId"`,
    );
    for (const request of due) {
      await announceDecided(tx, request);
      await recordExpiry(tx, request);
    }
  });
}

/** Ends the open requests of a run: overdue ones are EXPIRED, the others CANCELLED. The caller announces them. */
export async function closeApprovals(tx: Tx, executionId: string): Promise<EndedRequest[]> {
  const closed = await tx.sql<EndedRequest & { isExpired: boolean }>(
    `UPDATE approval_requests
     SET status = CASE WHEN expires_at <= now() THEN 'EXPIRED' ELSE 'CANCELLED' END::"ApprovalStatus",
       decided_at = LEAST(expires_at, now())
     WHERE execution_id = $1 AND status = 'PENDING'
     RETURNING id, tenant_id AS "tenantId", execution_id AS "executionId", status = 'EXPIRED' AS "isExpired"`,
    [executionId],
  );
  for (const request of closed.filter(({ isExpired }) => isExpired)) await recordExpiry(tx, request);
  return closed;
}

async function recordExpiry(tx: Tx, { id, tenantId }: EndedRequest): Promise<void> {
  const target = { type: 'ApprovalRequest', id } as const;
  await recordAct(tx, 'approval.expired', { tenantId, actorId: null, target });
}

const BATCH = 100;

type Expiring = Pick<ApprovalRequest, 'status' | 'expiresAt'>;
type EndedRequest = Pick<ApprovalRequest, 'id' | 'tenantId' | 'executionId'>;
