import type { Tx } from '../../infra/database.ts';
import type { PipelineExecution } from '../../generated/prisma/client.ts';
import type { Services } from '../../kernel/context.ts';
import type { Departure } from '../../kernel/departure.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { executionLog } from './events.ts';
import { requestCancel } from './service.ts';

/** Cancels the open runs of a user who has left; then passes all runs to the successor, or deletes those that have ended. */
export async function settleRuns(services: Services, departure: Departure): Promise<boolean> {
  const { database, clock } = services;
  const { userId, tenantId, successorId } = departure;
  const owned = { tenantId, ownerId: userId };
  const open = await idsOf(services, { ...owned, finishedAt: null, cancelRequestedAt: null });
  await forEach(services, open, async (tx, run) => {
    if (!run.finishedAt) await requestCancel(tx, run, OWNER_LEFT, clock());
  });
  if (successorId !== null) {
    // A run that was started meanwhile is cancelled before it is passed on.
    await database.sql(
      `UPDATE pipeline_executions SET owner_id = $3 WHERE owner_id = $1 AND tenant_id = $2
         AND (finished_at IS NOT NULL OR cancel_requested_at IS NOT NULL)`,
      [userId, tenantId, successorId],
    );
  } else {
    const ended = await idsOf(services, { ...owned, NOT: { finishedAt: null } });
    await forEach(services, ended, async (tx, { id }) => {
      await tx.prisma.pipelineExecution.delete({ where: { id } });
      await tx.erase(executionLog(id));
      await tx.erase(signalsLog(id));
    });
  }
  return (await database.prisma.pipelineExecution.count({ where: owned })) === 0;
}

async function idsOf({ database }: Services, where: object): Promise<string[]> {
  const found = await database.prisma.pipelineExecution.findMany({
    where,
    select: { id: true },
    take: BATCH,
  });
  return found.map(({ id }) => id);
}

/** One transaction for each run, under its lock. */
async function forEach(
  { database }: Services,
  ids: readonly string[],
  work: (tx: Tx, run: PipelineExecution) => Promise<void>,
): Promise<void> {
  for (const id of ids) {
    await database.transact(async (tx) => {
      await tx.sql('SELECT id FROM pipeline_executions WHERE id = $1 FOR UPDATE', [id]);
      const run = await tx.prisma.pipelineExecution.findUnique({ where: { id } });
      if (run) await work(tx, run);
    });
  }
}

const OWNER_LEFT = 'The owner of the run has left.';
const BATCH = 100;
