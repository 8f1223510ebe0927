import { describe, expect, it } from 'vitest';
import { Plan } from '../../../src/generated/prisma/enums.ts';
import { describePlan, PLAN_NAMES, PLANS } from '../../../src/kernel/plans.ts';

describe('PLANS', () => {
  it('declares every stored plan with positive limits', () => {
    expect(PLAN_NAMES.toSorted()).toEqual(Object.values(Plan).toSorted());
    for (const { executionsPerDay, costPerDayMicros } of Object.values(PLANS)) {
      expect(executionsPerDay ?? 1).toBeGreaterThan(0);
      expect(costPerDayMicros ?? 1n).toBeGreaterThan(0n);
    }
  });
});

describe('describePlan', () => {
  it.each(PLAN_NAMES)('states the limits of %s', (plan) => {
    const { executionsPerDay, costPerDayMicros } = PLANS[plan];
    const text = describePlan(plan);
    if (executionsPerDay !== null) expect(text).toContain(`${executionsPerDay} runs`);
    if (costPerDayMicros !== null) expect(text).toContain(`$${Number(costPerDayMicros) / 1e6} per UTC day`);
    expect(text).not.toContain('null');
  });
});
