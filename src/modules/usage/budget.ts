import type { OverLimitError } from '../../core/spending/spending-gate.ts';
import type { Limit } from '../../core/spending/admission.ts';
import type { Sql } from '../../core/sql.ts';
import { BudgetExceededError, type LimitScope } from './errors.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';

/** What a call is spent against: the user's day, the tenant's day and, where the run has a limit, the run. */
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

/** The limits of a UTC day: the user's own, and the one that all members of the tenant share. */
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

/** What an ADMIN has set for all members of the tenant together. */
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

/** What a person is told when `what` would pass a limit, e.g. "A call that may cost up to $0.02". */
export function budgetExceeded(error: OverLimitError, what: string, at: Date): BudgetExceededError {
  const { limitMicros, spentMicros, reason } = error;
  const scope = error.scope as LimitScope;
  const { limit, advice } = LIMITS[scope];
  const [others, whatToDo] =
    reason === 'held'
      ? [', and other calls under way hold the rest', 'Try again when they have ended']
      : ['', `Choose a cheaper model or a lower maxOutputTokens, ${advice}`];
  const message =
    `${what} would pass ${limit(dollars(limitMicros))}: ` +
    `${dollars(spentMicros)} is spent${others}. ${whatToDo}.`;
  return new BudgetExceededError(message, {
    scope,
    costLimitMicros: limitMicros,
    spentMicros,
    resetsAt: scope === 'EXECUTION' ? null : resetsAt(at),
  });
}

/** Exact, e.g. `$0.001275`; at least cents. */
export function dollars(micros: bigint): string {
  const digits = String(micros).padStart(7, '0');
  const places = digits.slice(-6).replace(/0{1,4}$/, '');
  return `$${digits.slice(0, -6)}.${places}`;
}

const LIMITS: Record<LimitScope, LimitWords> = {
  USER_DAY: {
    limit: (cap: string) => `your plan's limit of ${cap} a UTC day`,
    advice: 'wait for the next day, or ask for a higher plan',
  },
  TENANT_DAY: {
    limit: (cap: string) => `the limit of ${cap} a UTC day that all members of your organisation share`,
    advice: 'wait for the next day, or ask an administrator to raise the limit',
  },
  EXECUTION: {
    limit: (cap: string) => `the run's limit of ${cap}`,
    advice: 'or start a run with a higher costLimit',
  },
};

interface LimitWords {
  limit: (cap: string) => string;
  /** How to stay within the limit. */
  advice: string;
}

/** Who pays for a call, and what for: one step of a run or one reply, never both, so that the sums of both are that of the day. */
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
