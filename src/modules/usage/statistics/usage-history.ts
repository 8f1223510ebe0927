import type { Services } from '../../../kernel/context.ts';
import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { SUMS, sumOf, type Totals } from '../ledger.ts';
import { daysInput, lastDays } from './days.ts';
import { type ModelRow, type ModelUsage, modelUsages } from './sums.ts';

/** What the viewer has spent on each of the last days, today last. */
export const usageHistory = useCase(
  'Query.usageHistory',
  { input: daysInput },
  async ({ viewer, database, clock }: Scope & StatisticsServices, { days: count }): Promise<DailyUsage[]> => {
    const days = lastDays(clock(), count);
    const rows = await database.sql<HistoryRow>(USAGE_HISTORY, [
      viewer.tenantId,
      viewer.userId,
      days[0],
      days.at(-1),
    ]);
    const ofDay = Map.groupBy(rows, ({ day }) => day);
    return days.map((day) => {
      const found = ofDay.get(day) ?? [];
      const byModel = modelUsages(found.filter((row) => row.provider !== null) as ModelRow[]);
      return {
        date: new Date(day),
        executions: found.find(({ executions }) => executions !== null)?.executions ?? 0,
        ...sumOf(byModel),
        byModel,
      };
    });
  },
);

/** $1 tenant, $2 user, $3 first day, $4 last day. Runs are counted when they start, so that deleted ones count. */
export const USAGE_HISTORY = `
  SELECT day::text, provider, model, ${SUMS}, NULL::int AS executions
  FROM ledger_entries WHERE user_id = $2 AND tenant_id = $1 AND day BETWEEN $3::date AND $4::date
  GROUP BY day, provider, model
  UNION ALL
  SELECT day::text, NULL, NULL, '0', '0', '0', executions
  FROM daily_run_counts WHERE user_id = $2 AND day BETWEEN $3::date AND $4::date`;

export type StatisticsServices = Pick<Services, 'database' | 'clock'>;

export interface DailyUsage extends Totals {
  /** Midnight UTC at the start of the day. */
  date: Date;
  executions: number;
  byModel: ModelUsage[];
}

/** Of one model, or the number of runs of a day. */
type HistoryRow = { day: string } & (
  | (ModelRow & { executions: null })
  | { provider: null; executions: number }
);
