import { PostgresEventLog } from '../../core/event-log/event-log-postgres.ts';
import type { Sql } from '../../core/sql.ts';
import { NotFoundError } from '../../errors.ts';
import type { ApprovalRequest, PipelineExecution, StepExecution } from '../../generated/prisma/client.ts';
import type { Database } from '../../infra/database.ts';
import { executionLog } from '../../kernel/events/events.ts';
import { NO_TOTALS, type RunTotals, totalsByRun } from '../usage/ledger.ts';

/**
 * A run as it was at one seq of its log: rows, text and money of one REPEATABLE READ transaction, from which the
 * whole answer is resolved. The outputs of running steps hold all text up to that seq.
 */
export async function snapshotExecution(database: Database, executionId: string): Promise<ExecutionSnapshot> {
  return database.snapshot(async ({ prisma, sql }) => {
    const row = await prisma.pipelineExecution.findUnique({
      where: { id: executionId },
      include: { steps: { orderBy: { position: 'asc' } }, approvals: { orderBy: { id: 'asc' } } },
    });
    if (!row) throw new NotFoundError('The run');
    const { steps, approvals, ...execution } = row;
    const { head } = await new PostgresEventLog(sql).state(executionLog(executionId));
    const texts = await openTexts(sql, executionId, steps);
    const totals = await totalsByRun(sql, [executionId]);
    const snapshot: ExecutionSnapshot = {
      // An ended run's last event is its ended event, which is still to come for this reader.
      seq: execution.finishedAt ? head - 1 : head,
      at: new Date(),
      data: { type: 'ExecutionSnapshot' },
      execution,
      steps: steps.map((step) => ({ ...step, output: step.output ?? texts.get(step.key) ?? null })),
      approvals,
      totals: totals.get(executionId) ?? NO_TOTALS,
    };
    for (const part of [execution, ...snapshot.steps]) SNAPSHOTS.set(part, snapshot);
    return snapshot;
  });
}

/** The snapshot that the row of a run or of a step is part of: then steps, approvals and money come from there and nowhere else. */
export function snapshotOf(row: object): ExecutionSnapshot | undefined {
  return SNAPSHOTS.get(row);
}

const SNAPSHOTS = new WeakMap<object, ExecutionSnapshot>();

/** The text so far of each running step's attempt. */
async function openTexts(
  sql: Sql,
  executionId: string,
  steps: StepExecution[],
): Promise<Map<string, string>> {
  const running = steps.filter((step) => step.status === 'RUNNING');
  if (running.length === 0) return new Map();
  const rows = await sql<{ key: string; text: string }>(
    `SELECT open.key, string_agg(event.data->>'text', '' ORDER BY event.seq) AS text
     FROM unnest($2::text[], $3::int[]) AS open(key, attempt)
     JOIN events event ON event.log_id = $1
      AND event.data->>'type' = 'AgentToken'
      AND event.data->>'stepKey' = open.key
      AND (event.data->>'attempt')::int = open.attempt
     GROUP BY open.key`,
    [executionLog(executionId), running.map((step) => step.key), running.map((step) => step.attempts)],
  );
  return new Map(rows.map(({ key, text }) => [key, text]));
}

export interface ExecutionSnapshot {
  seq: number;
  at: Date;
  data: { type: 'ExecutionSnapshot' };
  execution: PipelineExecution;
  steps: StepExecution[];
  approvals: ApprovalRequest[];
  totals: RunTotals;
}
