import { QuotaExceededError } from './errors.ts';
import type { Tx } from '../../infra/database.ts';
import type { Viewer } from '../../access/viewer.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';

/**
 * Counts a run toward the viewer's daily quota, in the transaction that starts the run; a rollback reverts it.
 * Errors: QuotaExceededError when the plan allows no more runs today.
 */
export async function takeRunFromQuota(
  tx: Pick<Tx, 'sql'>,
  viewer: Pick<Viewer, 'userId' | 'plan'>,
  now: Date,
): Promise<void> {
  const { executionsPerDay } = PLANS[viewer.plan];
  const day = dayOf(now);
  const counted = await tx.sql(
    `INSERT INTO daily_run_counts AS today (user_id, day, executions) VALUES ($1, $2, 1)
     ON CONFLICT (user_id, day) DO UPDATE SET executions = today.executions + 1
     WHERE $3::int IS NULL OR today.executions < $3
     RETURNING executions`,
    [viewer.userId, day, executionsPerDay],
  );
  if (counted.length > 0 || executionsPerDay === null) return;
  const used = await executionsOfDay(tx, viewer.userId, day);
  const resets = resetsAt(now);
  const message =
    `Your plan allows ${executionsPerDay} runs per UTC day, and ${used} have been started. ` +
    `Wait until ${resets.toISOString()}, or request a higher plan.`;
  throw new QuotaExceededError(message, executionsPerDay, used, resets);
}

/** Number of runs that the user started in a UTC day. */
export async function executionsOfDay(
  { sql }: Pick<Tx, 'sql'>,
  userId: string,
  day: string,
): Promise<number> {
  const [row] = await sql<{ executions: number }>(
    'SELECT executions FROM daily_run_counts WHERE user_id = $1 AND day = $2',
    [userId, day],
  );
  return row?.executions ?? 0;
}
