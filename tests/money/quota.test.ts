import { describe, expect, it } from 'vitest';
import { QuotaExceededError } from '../../src/modules/usage/errors.ts';
import { takeRunFromQuota } from '../../src/modules/usage/quota.ts';
import { type Member, metering } from '../support/metering.ts';

const metered = metering();

describe('takeRunFromQuota', () => {
  it('allows exactly the plan’s number of runs for any number of concurrent starts', async () => {
    const ann = metered.newcomer({ plan: 'FREE' });
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => count(ann)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refusals = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    expect(refusals).toHaveLength(27);
    for (const reason of refusals) expect(reason).toBeInstanceOf(QuotaExceededError);
    expect(refusals[0]).toMatchObject({
      executionLimit: 3,
      executions: 3,
      resetsAt: new Date('2026-11-22T00:00:00Z'),
    });
    expect(await ann.today()).toMatchObject({ executions: 3, executionLimit: 3 });
  });

  it('resets at midnight UTC', async () => {
    const ann = metered.newcomer({ plan: 'FREE' });
    ann.now = new Date('2026-11-21T23:59:59.999Z');
    for (let run = 0; run < 3; run++) await count(ann);
    await expect(count(ann)).rejects.toThrow('3 runs per UTC day');
    ann.now = new Date('2026-11-22T00:00:00Z');
    await count(ann);
    expect(await ann.today()).toMatchObject({ executions: 1 });
  });

  it('does not count a run that was rolled back', async () => {
    const ann = metered.newcomer({ plan: 'FREE' });
    const failing = ann.database.transact(async (tx) => {
      await takeRunFromQuota(tx, ann.viewer, ann.now);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await ann.today()).toMatchObject({ executions: 0 });
  });

  it('counts without a limit for UNLIMITED', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    for (let run = 0; run < 5; run++) await count(ann);
    expect(await ann.today()).toMatchObject({ executions: 5, executionLimit: null, costLimitMicros: null });
  });

  it('reports the actual number of started runs after a change to a lower plan', async () => {
    const ann = metered.newcomer({ plan: 'PRO' });
    for (let run = 0; run < 5; run++) await count(ann);
    ann.viewer.plan = 'FREE';
    await expect(count(ann)).rejects.toMatchObject({ executionLimit: 3, executions: 5 });
  });
});

describe('a new day', () => {
  it.each([
    { plan: 'FREE', executionLimit: 3, costLimitMicros: 1_000_000n },
    { plan: 'PRO', executionLimit: 100, costLimitMicros: 50_000_000n },
    { plan: 'UNLIMITED', executionLimit: null, costLimitMicros: null },
  ] as const)(
    'allows $plan $executionLimit runs and $costLimitMicros micro-dollars',
    async ({ plan, ...limits }) => {
      expect(await metered.newcomer({ plan }).today()).toMatchObject({
        executions: 0,
        costMicros: 0n,
        ...limits,
      });
    },
  );
});

function count(member: Member): Promise<void> {
  return member.database.transact((tx) => takeRunFromQuota(tx, member.viewer, member.now));
}
