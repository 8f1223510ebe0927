import type { ClaimKeeper } from '../../core/claims/claim-keeper.ts';
import { ClaimWorker } from '../../core/claims/claim-worker.ts';
import { withoutLiveClaim } from '../../core/claims/claims.ts';
import type { Services } from '../../kernel/context.ts';
import { executionLog } from './events.ts';

/** The worker that executes runs. Loads LangGraph with the first run, because it costs 250 ms and 80 MB. */
export function runWorker(services: Services, claims: ClaimKeeper): ClaimWorker {
  return new ClaimWorker({
    claims,
    concurrency: 200,
    claimId: executionLog,
    findWork: () => runsWithWork(services),
    work: async (executionId, claim, signal) => {
      const { workOnRun } = await import('./run/execute-run.ts');
      await workOnRun(services, executionId, claim, signal);
    },
    onError: (error, executionId) =>
      services.logger.error({ err: error, executionId }, 'run worker failed; will retry'),
  });
}

/** Open runs that can continue and have no live claim: new, abandoned by a stopped worker, decided or cancelled. */
async function runsWithWork({ database }: Services): Promise<string[]> {
  const rows = await database.sql<{ id: string }>(
    `SELECT run.id FROM pipeline_executions run
     WHERE ${withoutLiveClaim(executionLog, 'run.id')} AND (
       run.status IN ('QUEUED', 'RUNNING')
       OR run.status = 'WAITING_FOR_APPROVAL' AND (
         run.cancel_requested_at IS NOT NULL
         OR EXISTS (
           SELECT FROM step_executions step
           WHERE step.execution_id = run.id AND step.status = 'WAITING_FOR_APPROVAL'
             AND NOT EXISTS (
               SELECT FROM approval_requests request
               WHERE request.execution_id = run.id AND request.step_key = step.key AND request.status = 'PENDING'))))
     ORDER BY run.id LIMIT 500`,
  );
  return rows.map(({ id }) => id);
}
