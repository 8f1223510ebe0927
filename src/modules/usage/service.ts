import { OverLimitError } from '../../core/spending/spending-gate.ts';
import type { Tx } from '../../infra/database.ts';
import { authorize } from '../../access/authorize.ts';
import { apiKeyIdOf, type Viewer } from '../../access/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { budgetExceeded, dailyLimits, limitsOfDay, type SpendingSettings, userDayAccount } from './budget.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';
import { type TokenUsage, totalsOfDay } from './ledger.ts';
import { executionsOfDay } from './quota.ts';

/** Usage and limits of the viewer's current UTC day, read in one snapshot from the accounts that the gate enforces. */
export async function usageToday(ctx: UsageContext): Promise<UsageToday> {
  const viewer = authorize(ctx, 'Query.usageToday');
  const now = ctx.clock();
  const day = dayOf(now);
  const accountId = userDayAccount(viewer.userId, day);
  const { executionsPerDay } = PLANS[viewer.plan];
  return ctx.database.snapshot(async ({ sql }) => {
    const accounts = await ctx.spending.read(sql, [accountId]);
    const { userMicros } = await dailyLimits(ctx, sql, { ...viewer, apiKeyId: null });
    const { usage } = await totalsOfDay(sql, viewer.userId, day);
    return {
      date: new Date(day),
      costMicros: accounts.get(accountId)?.spentMicros ?? 0n,
      reservedMicros: accounts.get(accountId)?.heldMicros ?? 0n,
      costLimitMicros: userMicros,
      executions: await executionsOfDay({ sql }, viewer.userId, day),
      executionLimit: executionsPerDay,
      usage,
      resetsAt: resetsAt(now),
    };
  });
}

/**
 * Refuses work early that a daily limit would stop later; the gate still checks each call. Reads in the caller's
 * transaction, which already has a connection. `what` names the work in the error message.
 * Errors: BudgetExceededError when `amountMicros` would exceed a daily limit; BUDGET_EXCEEDED when it is the server's.
 */
export async function checkBudget(
  ctx: BudgetContext,
  { sql }: Pick<Tx, 'sql'>,
  viewer: Viewer,
  amountMicros: bigint,
  what: string,
): Promise<void> {
  const shortfall = await shortfallOfDay(ctx, { sql }, viewer, amountMicros);
  if (shortfall) throw budgetExceeded(shortfall, what, ctx.clock());
}

/** The daily limit that `amountMicros` would exceed; null when there is none. */
export async function shortfallOfDay(
  { spending, clock, settings }: BudgetContext,
  { sql }: Pick<Tx, 'sql'>,
  viewer: Viewer,
  amountMicros: bigint,
): Promise<OverLimitError | null> {
  const payer = { ...viewer, apiKeyId: apiKeyIdOf(viewer) };
  const limits = limitsOfDay(payer, await dailyLimits({ settings }, sql, payer), clock());
  const ids = limits.map((limit) => limit.accountId);
  const accounts = await spending.read(sql, ids);
  for (const { scope, accountId, limitMicros } of limits) {
    const spentMicros = accounts.get(accountId)?.spentMicros ?? 0n;
    if (limitMicros === null || spentMicros + amountMicros <= limitMicros) continue;
    return new OverLimitError({ reason: 'spent', scope, accountId, limitMicros, spentMicros });
  }
  return null;
}

export type BudgetContext = Pick<Context, 'spending' | 'clock'> & SpendingSettings;
type UsageContext = Pick<Context, 'viewer' | 'database'> & BudgetContext;

export interface UsageToday {
  /** Midnight UTC at the start of the day. */
  date: Date;
  costMicros: bigint;
  /** Reserved for calls in progress. */
  reservedMicros: bigint;
  /** Null: no limit. */
  costLimitMicros: bigint | null;
  executions: number;
  /** Null: no limit. */
  executionLimit: number | null;
  usage: TokenUsage;
  resetsAt: Date;
}
