import type { OverLimitError } from '../../core/spending/spending-gate.ts';
import type { Limit } from '../../core/spending/admission.ts';
import type { Sql } from '../../core/sql.ts';
import { BudgetExceededError, type LimitScope } from './errors.ts';
import { permissionsOf } from '../../access/permissions.ts';
import { AppError } from '../../errors.ts';
import type { Plan, Role } from '../../generated/prisma/enums.ts';
import type { Settings } from '../../kernel/context.ts';
import { PLANS } from '../../kernel/plans.ts';
import { dayOf, resetsAt } from './day.ts';

/** The limits that apply to a call: the user's day, the tenant's day and, if it has one, the limit of the run. */
export function limitsOf(
  payer: Payer,
  daily: Pick<DailyLimits, 'userMicros' | 'tenantMicros'>,
  at: Date,
): Limit[] {
  const ofTheDay = limitsOfDay(payer, daily, at);
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
  { tenantId, userId }: Pick<Payer, 'tenantId' | 'userId'>,
  { userMicros, tenantMicros }: Pick<DailyLimits, 'userMicros' | 'tenantMicros'>,
  at: Date,
): Limit[] {
  const day = dayOf(at);
  return [
    { scope: 'USER_DAY', accountId: userDayAccount(userId, day), limitMicros: userMicros },
    { scope: 'TENANT_DAY', accountId: `tenant:${tenantId}:${day}`, limitMicros: tenantMicros },
  ];
}

/**
 * What a user and their tenant may spend per UTC day. Where `requiresVerifiedEmail` is set, an own account spends nothing
 * before its e-mail address is verified: otherwise whoever registers again and again spends without a limit.
 */
export async function dailyLimits(
  { settings }: SpendingSettings,
  sql: Sql,
  { tenantId, userId, plan }: Pick<Payer, 'tenantId' | 'userId' | 'plan'>,
): Promise<DailyLimits> {
  const [row] = await sql<PayerRow>(
    `SELECT (SELECT cost_limit_micros FROM tenants WHERE id = $1) AS "tenantMicros",
       u.subject IS NULL AND u.email_verified_at IS NULL AS "isUnverified", u.role, u.removed_at IS NULL AS "isMember"
     FROM (SELECT $2::text AS id) payer LEFT JOIN users u ON u.id = payer.id`,
    [tenantId, userId],
  );
  const { tenantMicros, isUnverified, role, isMember } = row!;
  const userMicros = settings.requiresVerifiedEmail && isUnverified ? 0n : PLANS[plan].costPerDayMicros;
  return { userMicros, tenantMicros, role: isMember ? role : null };
}

/** Errors: FORBIDDEN when the role that pays for a call does not allow it any more. */
export function checkMayExecute({ tenantId, executionId }: Payer, { role }: DailyLimits): void {
  const required = executionId === undefined ? 'AGENT_EXECUTE' : 'PIPELINE_EXECUTE';
  if (role && permissionsOf({ role, tenantId }).has(required)) return;
  throw new AppError('FORBIDDEN', 'The owner may no longer execute. Ask an ADMIN of the tenant.');
}

export function userDayAccount(userId: string, day: string): string {
  return `user:${userId}:${day}`;
}

/** The error when `what` would exceed a limit. `what` begins the message, e.g. "A call that may cost up to $0.02". */
export function budgetExceeded(error: OverLimitError, what: string, at: Date): BudgetExceededError {
  const { limitMicros, spentMicros, reason } = error;
  const scope = error.scope as LimitScope;
  const isUnverified = scope === 'USER_DAY' && limitMicros === 0n; // no plan has a limit of zero
  const { limit, advice } = isUnverified ? UNVERIFIED : LIMITS[scope];
  const [others, whatToDo] =
    reason === 'held'
      ? [', and other calls in progress reserve the rest', 'Try again when they have ended']
      : ['', advice];
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
    advice:
      'Choose a cheaper model or a lower maxOutputTokens, wait for the next day, or request a higher plan',
  },
  TENANT_DAY: {
    limit: (cap: string) => `the limit of ${cap} per UTC day that all members of your organization share`,
    advice:
      'Choose a cheaper model or a lower maxOutputTokens, wait for the next day, or ask an administrator to raise the limit',
  },
  EXECUTION: {
    limit: (cap: string) => `the run's limit of ${cap}`,
    advice: 'Choose a cheaper model or a lower maxOutputTokens, or start a run with a higher costLimit',
  },
};

const UNVERIFIED: LimitWords = {
  limit: (cap) => `the limit of ${cap} of an account whose e-mail address is not verified`,
  advice:
    'Verify the address: a link was sent to it, and `updateProfile` with the same address sends another',
};

interface LimitWords {
  limit: (cap: string) => string;
  /** What the user can do to stay within the limit. */
  advice: string;
}

interface PayerRow {
  tenantMicros: bigint | null;
  isUnverified: boolean;
  role: Role | null;
  isMember: boolean;
}

export interface SpendingSettings {
  settings: Pick<Settings, 'requiresVerifiedEmail'>;
}

/** What a user may spend, and their role, as stored now. Amounts: null means no limit. */
export interface DailyLimits {
  /** The role of the user now. Null: they are no member any more. */
  role: Role | null;
  userMicros: bigint | null;
  /** Shared by all members of the tenant. */
  tenantMicros: bigint | null;
}

/** Who pays for a call, and for what: either one step of a run or one reply, so that both sums add up to the day's. */
export type Payer = {
  tenantId: string;
  userId: string;
  plan: Plan;
  /** The API key with which the run or the message was started. Null: a person did it. */
  apiKeyId: string | null;
} & (StepPayment | ReplyPayment);

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
