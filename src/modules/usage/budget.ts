import type { OverLimitError } from '../../core/spending/spending-gate.ts';
import type { Limit } from '../../core/spending/admission.ts';
import type { Sql } from '../../core/sql.ts';
import { BudgetExceededError, type LimitScope } from './errors.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';

/** The limits that apply to a call: the user's day, the tenant's day and, if it has one, the limit of the run. */
export function limitsOf(payer: Payer, tenantLimitMicros: bigint | null, at: Date): Limit[] {
  const ofTheDay = limitsOfDay(payer, tenantLimitMicros, at);
  if (payer.executionId === undefined || payer.executionLimitMicros === null) return ofTheDay;
  return [
    ...ofTheDay,
    {
      scope: 'EXECUTION' as const,
      accountId: `run:${payer.executionId}`,
      limitMicros: payer.executionLimitMicros,
    },
  ];
}

/** The limits of a UTC day: the user's, and the tenant's that all members share. */
export function limitsOfDay(
  { tenantId, userId, plan }: Pick<Payer, 'tenantId' | 'userId' | 'plan'>,
  tenantLimitMicros: bigint | null,
  at: Date,
): Limit[] {
  const day = dayOf(at);
  return [
    {
      scope: 'USER_DAY',
      accountId: userDayAccount(userId, day),
      limitMicros: PLANS[plan].costPerDayMicros,
    },
    { scope: 'TENANT_DAY', accountId: `tenant:${tenantId}:${day}`, limitMicros: tenantLimitMicros },
  ];
}

/** The daily limit that all members of the tenant share; null means no limit. */
export async function tenantLimit(sql: Sql, tenantId: string): Promise<bigint | null> {
  const [tenant] = await sql<{ micros: string | null }>(
    'SELECT cost_limit_micros::text AS micros FROM tenants WHERE id = $1',
    [tenantId],
  );
  return tenant?.micros == null ? null : BigInt(tenant.micros);
}

export function userDayAccount(userId: string, day: string): string {
  return `user:${userId}:${day}`;
}

/** The error when `what` would exceed a limit. `what` begins the message, e.g. "A call that may cost up to $0.02". */
export function budgetExceeded(error: OverLimitError, what: string, at: Date): BudgetExceededError {
  const { limitMicros, spentMicros, reason } = error;
  const scope = error.scope as LimitScope;
  const { limit, advice } = LIMITS[scope];
  const [others, whatToDo] =
    reason === 'held'
      ? [', and other calls in progress reserve the rest', 'Try again when they have ended']
      : ['', `Choose a cheaper model or a lower maxOutputTokens, ${advice}`];
  const message =
    `${what} would exceed ${limit(dollars(limitMicros))}: ` +
    `${dollars(spentMicros)} has been spent${others}. ${whatToDo}.`;
  return new BudgetExceededError(message, {
    scope,
    costLimitMicros: limitMicros,
    spentMicros,
    resetsAt: scope === 'EXECUTION' ? null : resetsAt(at),
  });
}

/** Formats an exact amount with at least two decimal places, e.g. `$0.001275` or `$1.50`. */
export function dollars(micros: bigint): string {
  const digits = String(micros).padStart(7, '0');
  const places = digits.slice(-6).replace(/0{1,4}$/, '');
  return `$${digits.slice(0, -6)}.${places}`;
}

const LIMITS: Record<LimitScope, LimitWords> = {
  USER_DAY: {
    limit: (cap: string) => `your plan's limit of ${cap} per UTC day`,
    advice: 'wait for the next day, or request a higher plan',
  },
  TENANT_DAY: {
    limit: (cap: string) => `the limit of ${cap} per UTC day that all members of your organization share`,
    advice: 'wait for the next day, or ask an administrator to raise the limit',
  },
  EXECUTION: {
    limit: (cap: string) => `the run's limit of ${cap}`,
    advice: 'or start a run with a higher costLimit',
  },
};

interface LimitWords {
  limit: (cap: string) => string;
  /** What the user can do to stay within the limit. */
  advice: string;
}

/** Who pays for a call, and for what: either one step of a run or one reply, so that both sums add up to the day's. */
export type Payer = { tenantId: string; userId: string; plan: Plan } & (StepPayment | ReplyPayment);

interface StepPayment {
  executionId: string;
  stepKey: string;
  executionLimitMicros: bigint | null;
  conversationId?: undefined;
  messageId?: undefined;
}

interface ReplyPayment {
  conversationId: string;
  messageId: string;
  executionId?: undefined;
  stepKey?: undefined;
  executionLimitMicros?: undefined;
}
