import { describe, expect, it } from 'vitest';
import { createKey } from '../../support/api-keys.ts';
import { type Account, testApp, testClock } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';
import { enter, readStatistics } from '../../support/statistics.ts';

describe('statistics of usage', () => {
  const clock = testClock();
  const app = testApp({ router: routerOf(new ScriptedModel()), clock: clock.now });
  const day = (ago: number) => new Date(clock.now().getTime() - ago * DAY_MS).toISOString().slice(0, 10);
  const of = ({ session }: Account) => ({
    tenantId: rowId(session.user.tenant.id),
    userId: rowId(session.user.id),
  });

  it('list every day, today last, also those without use', async () => {
    const account = await app.register();
    for (const days of [1, 30, 365]) {
      const { usageHistory, tenantUsage, estimateAccuracy } = await readStatistics(app, account, days);
      const dates = Array.from({ length: days }, (_, n) => day(days - 1 - n));
      expect(usageHistory.map(({ date }) => date)).toEqual(dates);
      expect(tenantUsage.map(({ date }) => date)).toEqual(dates);
      expect(estimateAccuracy.map(({ date }) => date)).toEqual(dates);
    }
    const { usageHistory, tenantUsage, estimateAccuracy } = await readStatistics(app, account, 1);
    const usage = { inputTokens: 0, outputTokens: 0 };
    expect(usageHistory).toEqual([{ date: day(0), cost: '0', executions: 0, usage, byModel: [] }]);
    expect(tenantUsage).toEqual([
      {
        date: day(0),
        cost: '0',
        executions: 0,
        byMember: [],
        byModel: [],
        byApiKey: [],
        costOfOtherKeys: '0',
        costWithoutKey: '0',
      },
    ]);
    expect(estimateAccuracy).toEqual([{ date: day(0), executions: 0, costRatio: null }]);
  });

  it('add up the ledger by day, model, member and key, of one tenant', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const stranger = await app.register();
    const key = await createKey(app, user, { name: 'Nightly' });
    await enter(app, { ...of(admin), day: day(0), costMicros: 7n });
    await enter(app, { ...of(user), day: day(0), costMicros: 2n, model: 'offline-fast' });
    await enter(app, { ...of(user), day: day(0), costMicros: 30n, apiKeyId: rowId(key.id) });
    await enter(app, { ...of(user), day: day(2), costMicros: 9_000_000_000_000_001n });
    await enter(app, { ...of(user), day: day(3), costMicros: 5n });
    await enter(app, { ...of(stranger), day: day(0), costMicros: 1_000n });

    const { tenantUsage } = await readStatistics(app, admin, 3);
    const id = (account: Account) => account.session.user.id;
    expect(tenantUsage.map(({ cost }) => cost)).toEqual(['9000000000.000001', '0', '0.000039']);
    const [, , today] = tenantUsage;
    expect(today!.byMember.map(({ user: { id: of }, cost }) => [of, cost])).toEqual([
      [id(user), '0.000032'],
      [id(admin), '0.000007'],
    ]);
    expect(today!.byModel).toEqual([
      {
        provider: 'OFFLINE',
        model: 'offline-balanced',
        cost: '0.000037',
        usage: { inputTokens: 20, outputTokens: 40 },
      },
      {
        provider: 'OFFLINE',
        model: 'offline-fast',
        cost: '0.000002',
        usage: { inputTokens: 10, outputTokens: 20 },
      },
    ]);
    expect(today!.byApiKey).toEqual([
      { apiKey: { id: key.id, name: 'Nightly', owner: { id: id(user) } }, cost: '0.00003' },
    ]);
    expect(today).toMatchObject({ costOfOtherKeys: '0', costWithoutKey: '0.000009' });
    const { data } = await app.graphql<{ usageHistory: { cost: string }[] }>(
      '{ usageHistory(days: 4) { cost } }',
      {},
      user,
    );
    expect(data!.usageHistory.map(({ cost }) => cost)).toEqual([
      '0.000005',
      '9000000000.000001',
      '0',
      '0.000032',
    ]);
  });

  it('name the API key with which a run was started, and count the run', async () => {
    const account = await app.register();
    const key = await createKey(app, account, { permissions: ['PIPELINE_EXECUTE'] });
    const id = await startRun(app, { ...account, token: key.token }, design({ key: 'only' }));
    const run = await runWhen(app, account, id, hasEnded);
    const byHand = await startRun(app, account, design({ key: 'only' }));
    await runWhen(app, account, byHand, hasEnded);
    const { tenantUsage, usageHistory, estimateAccuracy } = await readStatistics(app, account, 1);
    expect(tenantUsage[0]).toMatchObject({
      executions: 2,
      byMember: [{ user: { id: account.session.user.id }, executions: 2 }],
      byApiKey: [{ apiKey: { id: key.id }, cost: run.cost }],
    });
    expect(usageHistory[0]).toMatchObject({ executions: 2, cost: tenantUsage[0]!.cost });
    expect(estimateAccuracy[0]!.executions).toBe(2);
  });

  it('keep the costs of a member who has deleted the account, and of the key', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const key = await createKey(app, user);
    await enter(app, { ...of(user), day: day(0), costMicros: 30n, apiKeyId: rowId(key.id) });
    await app.mutate('deleteAccount', { password: user.password }, '', user);
    const { tenantUsage } = await readStatistics(app, admin, 1);
    expect(tenantUsage[0]).toMatchObject({
      cost: '0.00003',
      byMember: [{ user: { id: user.session.user.id, displayName: 'Deleted user' }, cost: '0.00003' }],
      byApiKey: [],
      costOfOtherKeys: '0.00003',
      costWithoutKey: '0',
    });
  });

  it('tell a key without USER_MANAGE what others spent with theirs, but not with which', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const reader = await createKey(app, admin, { permissions: ['STATS_READ'] });
    const foreign = await createKey(app, user);
    await enter(app, { ...of(admin), day: day(0), costMicros: 1n, apiKeyId: rowId(reader.id) });
    await enter(app, { ...of(user), day: day(0), costMicros: 20n, apiKeyId: rowId(foreign.id) });
    await enter(app, { ...of(user), day: day(0), costMicros: 300n });
    const query = `{ tenantUsage(days: 1) { cost byApiKey { apiKey { id } cost } costOfOtherKeys costWithoutKey } }`;
    const { data } = await app.graphql<{ tenantUsage: unknown[] }>(query, {}, reader);
    expect(data!.tenantUsage).toEqual([
      {
        cost: '0.000321',
        byApiKey: [{ apiKey: { id: reader.id }, cost: '0.000001' }],
        costOfOtherKeys: '0.00002',
        costWithoutKey: '0.0003',
      },
    ]);
  });

  it('give the median of what runs cost in relation to their estimates, by the day of their end', async () => {
    const admin = await app.register();
    const stranger = await app.register();
    await ended(admin, { estimate: 100n, costs: [40n, 60n] });
    await ended(admin, { estimate: 100n, costs: [150n] });
    await ended(admin, { estimate: 100n, costs: [9_900n] });
    await ended(admin, { estimate: 200n, costs: [] });
    await ended(admin, { estimate: 0n, costs: [500n] });
    await ended(admin, { estimate: 100n, costs: [700n], status: 'FAILED' });
    await ended(admin, { estimate: 8n, costs: [1n], ago: 2 });
    await ended(admin, { estimate: 8n, costs: [1n], ago: 3 });
    await ended(stranger, { estimate: 100n, costs: [800n] });
    const { estimateAccuracy } = await readStatistics(app, admin, 3);
    expect(estimateAccuracy).toEqual([
      { date: day(2), executions: 1, costRatio: 0.125 },
      { date: day(1), executions: 0, costRatio: null },
      { date: day(0), executions: 4, costRatio: 1.25 }, // of 0, 1, 1.5 and 99
    ]);
  });

  /** A run that has ended so many days ago. */
  async function ended(account: Account, { estimate, costs, status = 'SUCCEEDED', ago = 0 }: Ended) {
    const { tenantId, userId } = of(account);
    const run = await app.services.database.prisma.pipelineExecution.create({
      data: {
        tenantId,
        ownerId: userId,
        status,
        request: 'It',
        design: {},
        estimatedCostMicros: estimate,
        finishedAt: new Date(`${day(ago)}T00:00:00Z`),
      },
    });
    for (const costMicros of costs) {
      await enter(app, { tenantId, userId, day: day(ago), costMicros, executionId: run.id, stepKey: 'a' });
    }
  }

  it.each([0, 366, -1, 2_147_483_647, -2_147_483_648])('refuse %i days', async (days) => {
    const account = await app.register();
    for (const field of ['usageHistory', 'tenantUsage', 'estimateAccuracy']) {
      const { errors } = await app.graphql(`{ ${field}(days: ${days}) { date } }`, {}, account);
      expect(errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
      expect(errors?.[0]?.message).toContain(days < 1 ? 'at least 1' : 'at most 365');
    }
  });

  it.each(['USER', 'GUEST'] as const)('of the tenant are refused to a %s', async (role) => {
    const member = await app.member(await app.register(), role);
    for (const field of ['tenantUsage', 'estimateAccuracy']) {
      const { data, errors } = await app.graphql(`{ ${field} { date } }`, {}, member);
      expect(data).toEqual({ [field]: null });
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
    const { errors } = await app.graphql('{ usageHistory { date } }', {}, member);
    expect(errors).toBeUndefined();
  });

  it('are not for everybody', async () => {
    for (const field of ['usageHistory', 'tenantUsage', 'estimateAccuracy']) {
      const { errors } = await app.graphql(`{ ${field} { date } }`);
      expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
    }
  });
});

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Ended {
  estimate: bigint;
  costs: bigint[];
  status?: 'SUCCEEDED' | 'FAILED';
  ago?: number;
}
