import { NotFoundError } from '../../errors.ts';
import type { ApprovalRequest, PipelineExecution, StepExecution } from '../../generated/prisma/client.ts';
import type { Database, ReadTx } from '../../infra/database.ts';
import { NO_TOTALS, type RunTotals, totalsByRun } from '../usage/ledger.ts';
import { reservedByRun } from '../usage/open-calls.ts';
import { executionLog } from './events.ts';

/**
 * Reads the state of a run at one seq of its log: rows, texts and costs from one REPEATABLE READ transaction. All
 * fields below the snapshot are resolved from it. The outputs of running steps contain all text up to that seq.
 */
export async function snapshotExecution(database: Database, executionId: string): Promise<ExecutionSnapshot> {
  return database.snapshot(async ({ prisma, sql, eventLog }) => {
    const row = await prisma.pipelineExecution.findUnique({
      where: { id: executionId },
      include: { steps: { orderBy: { position: 'asc' } }, approvals: { orderBy: { id: 'asc' } } },
    });
    if (!row) throw new NotFoundError('The run');
    const { steps, approvals, ...execution } = row;
    const { head } = await eventLog.state(executionLog(executionId));
    const texts = await openTexts(eventLog, executionId, steps);
    const totals = await totalsByRun(sql, [executionId]);
    const reserved = await reservedByRun(sql, [executionId]);
    return {
      // One less for an ended run, so that the reader still receives ExecutionEnded, the last event.
      seq: execution.finishedAt ? head - 1 : head,
      at: new Date(),
      data: { type: 'ExecutionSnapshot' },
      execution,
      steps: steps.map((step) => ({ ...step, output: step.output ?? (texts.get(step.key) || null) })),
      approvals,
      totals: totals.get(executionId) ?? NO_TOTALS,
      reservedMicros: reserved.get(executionId) ?? 0n,
    };
  });
}

/** The text so far of each running step's attempt. */
async function openTexts(
  eventLog: ReadTx['eventLog'],
  executionId: string,
  steps: StepExecution[],
): Promise<Map<string, string>> {
  const running = steps.filter((step) => step.status === 'RUNNING');
  const parts = running.map(({ key, attempts }) => ({
    type: 'AgentToken' as const,
    stepKey: key,
    attempt: attempts,
  }));
  const texts = await eventLog.texts(executionLog(executionId), parts);
  return new Map(running.map(({ key }, i) => [key, texts[i]!]));
}

export interface ExecutionSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ExecutionSnapshot' };
  execution: PipelineExecution;
  steps: StepExecution[];
  approvals: ApprovalRequest[];
  totals: RunTotals;
  reservedMicros: bigint;
}
