import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { byDay, daysInput, type OnDay, type StatisticsServices } from './days.ts';

/** What the tenant's runs cost in relation to their estimates, by the day on which they ended, today last. */
export const estimateAccuracy = useCase(
  'Query.estimateAccuracy',
  { input: daysInput },
  (ctx: Scope & StatisticsServices, { days }): Promise<EstimateAccuracy[]> =>
    byDay(
      ctx,
      days,
      { statement: ESTIMATE_ACCURACY, ids: [ctx.viewer.tenantId] },
      ([row]: AccuracyRow[]) => ({ executions: row?.executions ?? 0, costRatio: row?.costRatio ?? null }),
    ),
);

/** $1 tenant, $2 first day, $3 last day. A run whose estimate is zero has no ratio. */
export const ESTIMATE_ACCURACY = `
  SELECT (finished_at AT TIME ZONE 'UTC')::date::text AS day, count(*)::int AS executions,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY spent.micros / run.estimated_cost_micros) AS "costRatio"
  FROM pipeline_executions run,
    LATERAL (SELECT coalesce(sum(cost_micros), 0)::float8 AS micros FROM ledger_entries WHERE execution_id = run.id) spent
  WHERE tenant_id = $1 AND status = 'SUCCEEDED' AND estimated_cost_micros > 0
    AND finished_at >= $2::date::timestamp AT TIME ZONE 'UTC'
    AND finished_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'
  GROUP BY day`;

export interface EstimateAccuracy extends OnDay {
  executions: number;
  costRatio: number | null;
}

interface AccuracyRow {
  day: string;
  executions: number;
  costRatio: number;
}
