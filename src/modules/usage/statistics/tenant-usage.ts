import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { SUMS, sumOf } from '../ledger.ts';
import { byDay, daysInput, type OnDay, type StatisticsServices } from './days.ts';
import { byCost, type ModelRow, type ModelUsage, modelUsages } from './sums.ts';

/** What the members of the viewer's tenant have spent on each of the last days, today last. */
export const tenantUsage = useCase(
  'Query.tenantUsage',
  { input: daysInput },
  (ctx: Scope & StatisticsServices, { days }): Promise<TenantDailyUsage[]> =>
    byDay(ctx, days, { statement: TENANT_USAGE, ids: [ctx.viewer.tenantId] }, usageOfDay),
);

/**
 * $1 tenant, $2 first day, $3 last day. The sums of each day by member, by model and by key, from one pass over its
 * entries, and the runs that each member has started.
 */
export const TENANT_USAGE = `
  SELECT day::text, CASE GROUPING(user_id, model, api_key_id) WHEN 3 THEN 'MEMBER' WHEN 5 THEN 'MODEL' ELSE 'KEY' END AS by,
    coalesce(user_id, api_key_id) AS id, provider, model, ${SUMS}, 0 AS executions
  FROM ledger_entries WHERE tenant_id = $1 AND day BETWEEN $2::date AND $3::date
  GROUP BY GROUPING SETS ((day, user_id), (day, provider, model), (day, api_key_id))
  UNION ALL
  SELECT runs.day::text, 'MEMBER', runs.user_id, NULL, NULL, '0', '0', '0', runs.executions
  FROM users JOIN daily_run_counts runs ON runs.user_id = users.id
  WHERE users.tenant_id = $1 AND runs.day BETWEEN $2::date AND $3::date`;

function usageOfDay(rows: GroupRow[]): Omit<TenantDailyUsage, 'date'> {
  const byModel = modelUsages(rows.filter((row) => row.by === 'MODEL'));
  const byMember = membersOf(rows.filter((row) => row.by === 'MEMBER'));
  const byKey = rows.filter((row) => row.by === 'KEY');
  return {
    costMicros: sumOf(byModel).costMicros,
    executions: byMember.reduce((sum, { executions }) => sum + executions, 0),
    byMember,
    byModel,
    byApiKey: byKey
      .flatMap(({ id, cost }) => (id === null ? [] : [{ apiKeyId: id, costMicros: BigInt(cost) }]))
      .toSorted(byCost),
    costWithoutKeyMicros: BigInt(byKey.find(({ id }) => id === null)?.cost ?? 0),
  };
}

/** A member has one row of costs, one of runs, or both. */
function membersOf(rows: GroupRow[]): MemberUsage[] {
  const ofMember = Map.groupBy(rows, ({ id }) => id!);
  return [...ofMember]
    .map(([userId, parts]) => ({
      userId,
      costMicros: parts.reduce((sum, { cost }) => sum + BigInt(cost), 0n),
      executions: parts.reduce((sum, { executions }) => sum + executions, 0),
    }))
    .toSorted(byCost);
}

export interface TenantDailyUsage extends OnDay {
  costMicros: bigint;
  executions: number;
  byMember: MemberUsage[];
  byModel: ModelUsage[];
  byApiKey: ApiKeyUsage[];
  /** What no key has started. */
  costWithoutKeyMicros: bigint;
}

export interface MemberUsage {
  userId: string;
  costMicros: bigint;
  executions: number;
}

/** The key may have been deleted with the account of its owner. */
export interface ApiKeyUsage {
  apiKeyId: string;
  costMicros: bigint;
}

interface GroupRow extends ModelRow {
  day: string;
  by: 'MEMBER' | 'MODEL' | 'KEY';
  /** Of the member or the key. Null for a model, and for calls without a key. */
  id: string | null;
  executions: number;
}
