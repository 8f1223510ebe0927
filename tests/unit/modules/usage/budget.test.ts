import { describe, expect, it } from 'vitest';
import { OverLimitError } from '../../../../src/core/spending/spending-gate.ts';
import type { LimitScope } from '../../../../src/modules/usage/errors.ts';
import {
  budgetExceeded,
  type DailyLimits,
  dollars,
  limitsOf,
  type Payer,
} from '../../../../src/modules/usage/budget.ts';

const now = new Date('2026-11-21T12:00:00Z');
const daily: DailyLimits = {
  role: 'USER',
  userMicros: 50_000_000n,
  tenantMicros: 5n,
  apiKeys: [],
  serverMicros: null,
};
const who = { apiKeyId: null, tenantId: 'acme', userId: 'ann', plan: 'PRO' as const };

describe('limitsOf', () => {
  it('are those of the user’s and the tenant’s day', () => {
    const payer: Payer = { ...who, conversationId: 'talk', messageId: 'reply' };
    expect(limitsOf(payer, { ...daily, tenantMicros: null }, now)).toEqual([
      { scope: 'USER_DAY', accountId: 'user:ann:2026-11-21', limitMicros: 50_000_000n },
      { scope: 'TENANT_DAY', accountId: 'tenant:acme:2026-11-21', limitMicros: null },
    ]);
  });

  it('include those of API keys and of the server, if they have any', () => {
    const payer: Payer = { ...who, conversationId: 'talk', messageId: 'reply' };
    const limits = { ...daily, apiKeys: [{ id: 'k', micros: '7' }], serverMicros: 9n };
    expect(limitsOf(payer, limits, now).slice(2)).toEqual([
      { scope: 'API_KEY', accountId: 'key:k:2026-11-21', limitMicros: 7n },
      { scope: 'SERVER_DAY', accountId: 'server:2026-11-21', limitMicros: 9n },
    ]);
  });

  it('include that of the run, if it has one', () => {
    const payer: Payer = { ...who, executionId: 'r1', stepKey: 'report', executionLimitMicros: 0n };
    expect(limitsOf(payer, daily, now)).toContainEqual({
      scope: 'EXECUTION',
      accountId: 'run:r1',
      limitMicros: 0n,
    });
    expect(limitsOf({ ...payer, executionLimitMicros: null }, daily, now)).toHaveLength(2);
  });
});

describe('budgetExceeded', () => {
  it('states the maximum cost of the call, the spending, and what to do', () => {
    expect(explain('spent', 'USER_DAY', 1_000_000n, 980_000n, 32_100n)).toBe(
      "A call that may cost up to $0.0321 would exceed your plan's limit of $1.00 per UTC day: $0.98 has been spent. " +
        'Choose a cheaper model or a lower maxOutputTokens, wait for the next day, or request a higher plan.',
    );
    expect(explain('held', 'EXECUTION', 1_275n, 1n, 1_275n)).toBe(
      "A call that may cost up to $0.001275 would exceed the run's limit of $0.001275: $0.000001 has been spent, " +
        'and other calls in progress reserve the rest. Try again when they have ended.',
    );
  });

  it('tells the owner of an unverified account to verify the address', () => {
    expect(explain('spent', 'USER_DAY', 0n, 0n, 1_275n)).toMatch(
      /would exceed the limit of \$0\.00 of an account whose e-mail address is not verified: .* Verify the address/,
    );
  });

  it('prints every amount exactly', () => {
    const amounts = [0n, 1n, 10n, 10_000n, 123_456n, 100_000n, 1_000_000n, 50_000_000n, 12_345_678_901_234n];
    expect(
      amounts.map((amount) => /\$\d+\.\d+/.exec(explain('spent', 'EXECUTION', 1n, 1n, amount))?.[0]),
    ).toEqual([
      '$0.00',
      '$0.000001',
      '$0.00001',
      '$0.01',
      '$0.123456',
      '$0.10',
      '$1.00',
      '$50.00',
      '$12345678.901234',
    ]);
  });

  it('has the next reset for a daily limit, and none for the limit of a run', () => {
    const over = { reason: 'spent' as const, limitMicros: 1n, spentMicros: 1n };
    const ofTheDay = new OverLimitError({ ...over, scope: 'TENANT_DAY', accountId: 'acme' });
    const ofTheRun = new OverLimitError({ ...over, scope: 'EXECUTION', accountId: 'r1' });
    expect(budgetExceeded(ofTheDay, 'A call', now)).toMatchObject({
      scope: 'TENANT_DAY',
      resetsAt: new Date('2026-11-22T00:00:00Z'),
    });
    expect(budgetExceeded(ofTheRun, 'A call', now)).toMatchObject({ scope: 'EXECUTION', resetsAt: null });
  });
});

function explain(
  reason: 'spent' | 'held',
  scope: LimitScope,
  limitMicros: bigint,
  spentMicros: bigint,
  amountMicros: bigint,
): string {
  const error = new OverLimitError({ reason, scope, accountId: 'any', limitMicros, spentMicros });
  return budgetExceeded(error, `A call that may cost up to ${dollars(amountMicros)}`, now).message;
}
