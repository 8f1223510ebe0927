import type { Plan } from '../generated/prisma/enums.ts';

/** Every plan, with what a user may run and spend per UTC day; null means no limit. */
export const PLANS: Readonly<Record<Plan, PlanLimits>> = {
  FREE: { executionsPerDay: 3, costPerDayMicros: 1_000_000n },
  PRO: { executionsPerDay: 100, costPerDayMicros: 50_000_000n },
  UNLIMITED: { executionsPerDay: null, costPerDayMicros: null },
};

export const PLAN_NAMES = Object.keys(PLANS) as Plan[];

/** Human-readable, e.g. `3 runs and $1 per UTC day.` */
export function describePlan(plan: Plan): string {
  const { executionsPerDay, costPerDayMicros } = PLANS[plan];
  if (executionsPerDay === null && costPerDayMicros === null) return 'No limits.';
  const runs = executionsPerDay === null ? 'Any number of runs' : `${executionsPerDay} runs`;
  const cost = costPerDayMicros === null ? 'no spending limit' : `$${Number(costPerDayMicros) / 1e6}`;
  return `${runs} and ${cost} per UTC day.`;
}

export interface PlanLimits {
  executionsPerDay: number | null;
  costPerDayMicros: bigint | null;
}
