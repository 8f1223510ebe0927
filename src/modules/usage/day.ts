import type { Plan } from '../../generated/prisma/enums.ts';

/** What each plan allows in a UTC day; null is without a limit. */
export const PLAN_LIMITS: Readonly<Record<Plan, PlanLimits>> = {
  FREE: { executionsPerDay: 3, costPerDayMicros: 1_000_000n },
  PRO: { executionsPerDay: 100, costPerDayMicros: 50_000_000n },
  UNLIMITED: { executionsPerDay: null, costPerDayMicros: null },
};

/** The UTC day of a moment, as `YYYY-MM-DD`. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** When the next UTC day begins. A UTC day has 24 hours, whatever the clocks of a country do. */
export function resetsAt(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1));
}

export interface PlanLimits {
  executionsPerDay: number | null;
  costPerDayMicros: bigint | null;
}
