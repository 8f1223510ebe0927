import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { SUMS, sumOf, type Totals } from '../ledger.ts';
import { byDay, daysInput, type OnDay, type StatisticsServices } from './days.ts';
import { type ModelRow, type ModelUsage, modelUsages } from './sums.ts';

/** What the viewer has spent on each of the last days, today last. */
export const usageHistory = useCase(
  'Query.usageHistory',
  { input: daysInput },
  (ctx: Scope & StatisticsServices, { days }): Promise<DailyUsage[]> => {
    const { tenantId, userId } = ctx.viewer;
    return byDay(ctx, days, { statement: USAGE_HISTORY, ids: [tenantId, userId] }, usageOfDay);
  },
);

/** $1 tenant, $2 user, $3 first day, $4 last day. Runs are counted when they start. */
export const USAGE_HISTORY = `
  SELECT day::text, provider, model, ${SUMS}, NULL::int AS executions
  FROM ledger_entries WHERE user_id = $2 AND tenant_id = $1 AND day BETWEEN $3::date AND $4::date
  GROUP BY day, provider, model
  UNION ALL
  SELECT day::text, NULL, NULL, '0', '0', '0', executions
  FROM daily_run_counts WHERE user_id = $2 AND day BETWEEN $3::date AND $4::date`;

function usageOfDay(rows: HistoryRow[]): Omit<DailyUsage, 'date'> {
  const byModel = modelUsages(rows.filter((row) => row.provider !== null) as ModelRow[]);
  const executions = rows.find((row) => row.executions !== null)?.executions ?? 0;
  return { executions, ...sumOf(byModel), byModel };
}

export interface DailyUsage extends Totals, OnDay {
  executions: number;
  byModel: ModelUsage[];
}

/** Of one model, or the number of runs of a day. */
type HistoryRow = { day: string } & (
  | (ModelRow & { executions: null })
  | { provider: null; executions: number }
);
