import type { OverLimitError, ReservationRequest } from '../../core/spending/spending-gate.ts';
import { BudgetExceededError } from '../../errors.ts';
import type { Plan } from '../../generated/prisma/enums.ts';
import { CAPS, dayOf, resetsAt } from './caps.ts';

/** What a call is spent against: the user's day, the tenant's day and, where the run has a limit, the run. */
export function limitsOf(
  payer: Payer,
  tenantLimitMicros: bigint | null,
  at: Date,
): ReservationRequest['limits'] {
  const day = dayOf(at);
  const ofTheDay = [
    { accountId: userDayAccount(payer.userId, day), capMicros: CAPS[payer.plan].costPerDayMicros },
    { accountId: `tenant:${payer.tenantId}:${day}`, capMicros: tenantLimitMicros },
  ];
  if (payer.executionId === undefined || payer.runLimitMicros === null) return ofTheDay;
  return [...ofTheDay, { accountId: `run:${payer.executionId}`, capMicros: payer.runLimitMicros }];
}

export function userDayAccount(userId: string, day: string): string {
  return `user:${userId}:${day}`;
}

/** What a person is told when a call that may cost `amountMicros` would pass one of its limits. */
export function budgetExceeded(error: OverLimitError, amountMicros: bigint, at: Date): BudgetExceededError {
  const { capMicros, spentMicros, reason } = error;
  const kind = kindOf(error.accountId);
  const { limit, advice } = LIMITS[kind];
  const [others, whatToDo] =
    reason === 'held'
      ? [', and other calls under way hold the rest', 'Try again when they have ended']
      : ['', `Choose a cheaper model or a lower maxOutputTokens, ${advice}`];
  const message =
    `A call that may cost up to ${dollars(amountMicros)} would pass ${limit(dollars(capMicros))}: ` +
    `${dollars(spentMicros)} is spent${others}. ${whatToDo}.`;
  return new BudgetExceededError(message, capMicros, spentMicros, kind === 'run' ? null : resetsAt(at));
}

function kindOf(accountId: string): keyof typeof LIMITS {
  const [kind] = accountId.split(':', 1);
  return kind === 'tenant' || kind === 'run' ? kind : 'user';
}

/** Exact, e.g. `$0.001275`; at least cents. */
function dollars(micros: bigint): string {
  const digits = String(micros).padStart(7, '0');
  const places = digits.slice(-6).replace(/0{1,4}$/, '');
  return `$${digits.slice(0, -6)}.${places}`;
}

const LIMITS = {
  user: {
    limit: (cap: string) => `your plan's limit of ${cap} a UTC day`,
    advice: 'wait for the next day, or ask for a higher plan',
  },
  tenant: {
    limit: (cap: string) => `the limit of ${cap} a UTC day that all members of your organisation share`,
    advice: 'wait for the next day, or ask an administrator to raise the limit',
  },
  run: {
    limit: (cap: string) => `the run's limit of ${cap}`,
    advice: 'or start a run with a higher costLimit',
  },
};

/** Who pays for a call, and what for: one step of a run or one reply, never both, so that the sums of both are that of the day. */
export type Payer = { tenantId: string; userId: string; plan: Plan } & (StepPayment | ReplyPayment);

interface StepPayment {
  executionId: string;
  stepKey: string;
  runLimitMicros: bigint | null;
  conversationId?: undefined;
  messageId?: undefined;
}

interface ReplyPayment {
  conversationId: string;
  messageId: string;
  executionId?: undefined;
  stepKey?: undefined;
  runLimitMicros?: undefined;
}
