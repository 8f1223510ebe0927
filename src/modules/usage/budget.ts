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

/** The limits that apply to a call: those of the day and, if it has one, the limit of the run. */
export function limitsOf(payer: Payer, daily: DailyLimits, at: Date): Limit[] {
  const ofTheDay = limitsOfDay(payer, daily, at);
  if (payer.executionId === undefined || payer.executionLimitMicros === null) return ofTheDay;
  const scope: SpendingScope = 'EXECUTION';
  return [
    ...ofTheDay,
    { scope, accountId: `run:${payer.executionId}`, limitMicros: payer.executionLimitMicros },
  ];
}

/**
 * The limits of a UTC day: the user's, the tenant's that all members share, those of the API key and of the keys with
 * which it was created, and the server's.
 */
export function limitsOfDay(
  { tenantId, userId }: Pick<Payer, 'tenantId' | 'userId'>,
  { userMicros, tenantMicros, apiKeys, serverMicros }: Omit<DailyLimits, 'role'>,
  at: Date,
): Limit[] {
  const day = dayOf(at);
  const limit = (scope: SpendingScope, accountId: string, limitMicros: bigint | null): Limit => ({
    scope,
    accountId,
    limitMicros,
  });
  return [
    limit('USER_DAY', userDayAccount(userId, day), userMicros),
    limit('TENANT_DAY', `tenant:${tenantId}:${day}`, tenantMicros),
    ...apiKeys.map(({ id, micros }) => limit('API_KEY', `key:${id}:${day}`, BigInt(micros))),
    ...(serverMicros === null ? [] : [limit('SERVER_DAY', `server:${day}`, serverMicros)]),
  ];
}

/**
 * What a user, their tenant, the API key and the server may spend per UTC day. Where `requiresVerifiedEmail` is set, an
 * own account spends nothing before its e-mail address is verified: otherwise whoever registers again and again spends
 * without a limit. What a key spends counts for the keys with which it was created, too: otherwise a key would multiply
 * its limit by creating others.
 */
export async function dailyLimits(
  { settings }: SpendingSettings,
  sql: Sql,
  { tenantId, userId, plan, apiKeyId }: Pick<Payer, 'tenantId' | 'userId' | 'plan' | 'apiKeyId'>,
): Promise<DailyLimits> {
  const [row] = await sql<PayerRow>(
    `WITH RECURSIVE keys AS (
       SELECT id, cost_limit_micros, created_by_key_id FROM api_keys WHERE id = $3
       UNION
       SELECT creator.id, creator.cost_limit_micros, creator.created_by_key_id
       FROM api_keys creator JOIN keys ON creator.id = keys.created_by_key_id
     )
     SELECT (SELECT cost_limit_micros FROM tenants WHERE id = $1) AS "tenantMicros",
       u.subject IS NULL AND u.email_verified_at IS NULL AS "isUnverified", u.role, u.removed_at IS NULL AS "isMember",
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'micros', cost_limit_micros::text)), '[]')
        FROM keys WHERE cost_limit_micros IS NOT NULL) AS "apiKeys"
     FROM (SELECT $2::text AS id) payer LEFT JOIN users u ON u.id = payer.id`,
    [tenantId, userId, apiKeyId],
  );
  const { tenantMicros, isUnverified, role, isMember, apiKeys } = row!;
  const userMicros = settings.requiresVerifiedEmail && isUnverified ? 0n : PLANS[plan].costPerDayMicros;
  const serverMicros = settings.serverCostPerDayMicros;
  return { userMicros, tenantMicros, apiKeys, serverMicros, role: isMember ? role : null };
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
export function budgetExceeded(error: OverLimitError, what: string, at: Date): AppError {
  const { limitMicros, spentMicros, reason } = error;
  const scope = error.scope as SpendingScope;
  if (scope === 'SERVER_DAY') return serverBudgetExceeded(what, at);
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

/** What the whole server spends and may spend is the operator's own affair. */
function serverBudgetExceeded(what: string, at: Date): AppError {
  const message =
    `${what} would exceed what this server may spend in a UTC day. ` +
    `Wait until ${resetsAt(at).toISOString()}, or ask the operator to raise MAX_COST_PER_DAY.`;
  return new AppError('BUDGET_EXCEEDED', message);
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
  API_KEY: {
    limit: (cap: string) => `the API key's limit of ${cap} per UTC day`,
    advice:
      'Choose a cheaper model or a lower maxOutputTokens, wait for the next day, or use a key with a higher costLimit',
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
  apiKeys: { id: string; micros: string }[];
}

export interface SpendingSettings {
  settings: Pick<Settings, 'requiresVerifiedEmail' | 'serverCostPerDayMicros'>;
}

/** What a user may spend, and their role, as stored now. Amounts: null means no limit. */
export interface DailyLimits {
  /** The role of the user now. Null: they are no member any more. */
  role: Role | null;
  userMicros: bigint | null;
  /** Shared by all members of the tenant. */
  tenantMicros: bigint | null;
  /** The API key and those with which it was created, as far as they have a limit. */
  apiKeys: readonly { id: string; micros: string }[];
  /** Shared by all tenants. */
  serverMicros: bigint | null;
}

/** Whose limit it is. That of the server is not shown to its users. */
type SpendingScope = LimitScope | 'SERVER_DAY';

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
