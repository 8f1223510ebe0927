import type { ApprovalRequest } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { approvalsLog, executionApprovalsLog } from './events.ts';

/** Writes the end of a request to the log of the run and to that of the tenant's approvals, and wakes the run's worker. */
export async function announceDecided(
  tx: Tx,
  request: Pick<ApprovalRequest, 'id' | 'tenantId' | 'executionId'>,
): Promise<void> {
  const event = { type: 'ApprovalDecided' as const, approvalId: request.id };
  tx.append(executionApprovalsLog(request.executionId), event);
  tx.append(approvalsLog(request.tenantId), event);
  tx.append(signalsLog(request.executionId), { type: 'decided', approvalId: request.id });
  await tx.send('run', request.executionId);
}
