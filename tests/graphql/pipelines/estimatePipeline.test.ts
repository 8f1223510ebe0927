import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { design } from '../../support/runs.ts';

const app = testApp({ config: { role: 'api' } });
const QUERY = `query ($source: PipelineSource!, $request: String = "Ten lines about rain", $context: JSONObject) {
  estimatePipeline(source: $source, request: $request, context: $context) { cost maxCost seconds withinBudget }
}`;

describe('estimatePipeline', () => {
  it('returns cost, worst case and seconds, and spends nothing', async () => {
    const ann = await app.register();
    const source = { design: design({ key: 'a' }, { key: 'b', dependsOn: ['a'] }) };
    const { data } = await app.graphql<{ estimatePipeline: Estimate }>(QUERY, { source }, ann);
    const { cost, maxCost, seconds, withinBudget } = data!.estimatePipeline;
    expect(Number(cost)).toBeGreaterThan(0);
    expect(Number(maxCost)).toBeGreaterThanOrEqual(Number(cost));
    expect(seconds).toBeGreaterThan(0);
    expect(withinBudget).toBe(true);
    const usage = await app.graphql('{ usageToday { cost executions } }', {}, ann);
    expect(usage.data).toEqual({ usageToday: { cost: '0', executions: 0 } });
  });

  it('adds what the request costs to read, where there is one', async () => {
    const ann = await app.register();
    const source = { design: design({ key: 'a' }) };
    const maxCostOf = async (request: string | null) => {
      const { data } = await app.graphql<{ estimatePipeline: Estimate }>(QUERY, { source, request }, ann);
      return Number(data!.estimatePipeline.maxCost);
    };
    expect(await maxCostOf('Ten lines about rain. '.repeat(100))).toBeGreaterThan(await maxCostOf(null));
  });

  it('adds to the worst case what the context costs to read, and refuses one that is too long', async () => {
    const ann = await app.register();
    const source = { design: design({ key: 'a', model: 'offline-fast' }) };
    const maxCostOf = async (context: object | null) => {
      const { data } = await app.graphql<{ estimatePipeline: Estimate }>(QUERY, { source, context }, ann);
      return Number(data!.estimatePipeline.maxCost);
    };
    // 9,000 bytes at $0.2 per million
    const difference = (await maxCostOf({ pathname: '가'.repeat(3_000) })) - (await maxCostOf(null));
    expect(difference).toBeGreaterThan(0.0018);
    expect(difference).toBeLessThan(0.0019);
    const tooLong = { source, context: { pathname: 'x'.repeat(17_000) } };
    const { errors } = await app.graphql(QUERY, tooLong, ann);
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
  });

  it('reports when the budget of the day does not cover the cost', async () => {
    const ann = await app.register();
    const dear = Array.from({ length: 30 }, (_, index) => ({
      key: `s${index}`,
      model: 'offline-deep',
      maxOutputTokens: 32_000,
      dependsOn: index === 0 ? [] : [`s${index - 1}`],
    }));
    const spent = { costMicros: 999_999n };
    const { prisma } = app.services.database;
    const { id } = await prisma.user.findFirstOrThrow({ where: { email: ann.email } });
    const day = new Date().toISOString().slice(0, 10);
    await prisma.spendingAccount.create({ data: { id: `user:${id}:${day}`, spentMicros: spent.costMicros } });
    const { data } = await app.graphql<{ estimatePipeline: Estimate }>(
      QUERY,
      { source: { design: design(...dear) } },
      ann,
    );
    expect(data?.estimatePipeline.withinBudget).toBe(false);
  });

  it('requires a token', async () => {
    expect((await app.graphql(QUERY, { source: { design: design({ key: 'a' }) } })).status).toBe(401);
  });
});

interface Estimate {
  cost: string;
  maxCost: string;
  seconds: number;
  withinBudget: boolean;
}
