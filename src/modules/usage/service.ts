import { OverLimitError } from '../../core/spending/spending-gate.ts';
import type { Tx } from '../../infra/database.ts';
import { authorize } from '../../access/authorize.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { budgetExceeded, limitsOfDay, tenantLimit, userDayAccount } from './budget.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';
import { type TokenUsage, totalsOfDay } from './ledger.ts';
import { executionsOfDay } from './quota.ts';

/** What the viewer has used of their UTC day, as of one moment: the very numbers that the spending gate goes by. */
export async function usageToday(ctx: UsageContext): Promise<UsageToday> {
  const viewer = authorize(ctx, 'Query.usageToday');
  const now = ctx.clock();
  const day = dayOf(now);
  const accountId = userDayAccount(viewer.userId, day);
  const { costPerDayMicros, executionsPerDay } = PLANS[viewer.plan];
  return ctx.database.snapshot(async ({ sql }) => {
    const accounts = await ctx.spending.read(sql, [accountId]);
    const { usage } = await totalsOfDay(sql, viewer.userId, day);
    return {
      date: new Date(day),
      costMicros: accounts.get(accountId)?.spentMicros ?? 0n,
      reservedMicros: accounts.get(accountId)?.heldMicros ?? 0n,
      costLimitMicros: costPerDayMicros,
      executions: await executionsOfDay({ sql }, viewer.userId, day),
      executionLimit: executionsPerDay,
      usage,
      resetsAt: resetsAt(now),
    };
  });
}

/**
 * Refuses early what a limit of the day would refuse anyway, so that nothing is started for nothing; the gate still
 * decides about each call. Reads in the transaction that starts it, which has its connection already.
 * `what` names it for people.
 * Errors: BudgetExceededError when `amountMicros` more would pass the user's or the tenant's day.
 */
export async function checkBudget(
  { spending, clock }: Pick<Context, 'spending' | 'clock'>,
  { sql }: Pick<Tx, 'sql'>,
  viewer: Viewer,
  amountMicros: bigint,
  what: string,
): Promise<void> {
  const shortfall = await shortfallOfDay({ spending, clock }, { sql }, viewer, amountMicros);
  if (shortfall) throw budgetExceeded(shortfall, what, clock());
}

/** The limit of the day that `amountMicros` more would pass; null when all of them cover it. */
export async function shortfallOfDay(
  { spending, clock }: Pick<Context, 'spending' | 'clock'>,
  { sql }: Pick<Tx, 'sql'>,
  viewer: Viewer,
  amountMicros: bigint,
): Promise<OverLimitError | null> {
  const limits = limitsOfDay(viewer, await tenantLimit(sql, viewer.tenantId), clock());
  const ids = limits.map((limit) => limit.accountId);
  const accounts = await spending.read(sql, ids);
  for (const { accountId, limitMicros } of limits) {
    const spentMicros = accounts.get(accountId)?.spentMicros ?? 0n;
    if (limitMicros === null || spentMicros + amountMicros <= limitMicros) continue;
    return new OverLimitError({ reason: 'spent', accountId, limitMicros, spentMicros });
  }
  return null;
}

type UsageContext = Pick<Context, 'viewer' | 'database' | 'spending' | 'clock'>;

export interface UsageToday {
  /** Midnight UTC at its beginning. */
  date: Date;
  costMicros: bigint;
  /** Held for calls under way. */
  reservedMicros: bigint;
  /** Null: no limit. */
  costLimitMicros: bigint | null;
  executions: number;
  /** Null: no limit. */
  executionLimit: number | null;
  usage: TokenUsage;
  resetsAt: Date;
}
