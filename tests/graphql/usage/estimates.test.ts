import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

describe('an estimate', () => {
  const app = testApp({ router: routerOf(new ScriptedModel()) });

  it('learns from the steps of the tenant, and of no other', async () => {
    const account = await app.register();
    await app.services.database.prisma.user.updateMany({ data: { plan: 'PRO' } });
    const stranger = await app.register();
    const atFirst = await estimated(account);
    for (let n = 0; n < 3; n++) {
      expect(await estimated(account)).toBe(atFirst); // too few steps are known
      const id = await startRun(app, account, DESIGN, { request: 'Once more' });
      expect((await runWhen(app, account, id, hasEnded)).status).toBe('SUCCEEDED');
    }
    expect(await estimated(account)).toBe(await medianCost(account));
    expect(await estimated(account)).not.toBe(atFirst);
    expect(await estimated(stranger)).toBe(atFirst);
  });

  const DESIGN = design({ key: 'only' });

  async function estimated(account: Account): Promise<number> {
    const { data } = await app.graphql<{ estimatePipeline: { cost: string } }>(
      `query ($design: PipelineDesignInput!) {
        estimatePipeline(source: { design: $design }, request: "Once more") { cost }
      }`,
      { design: DESIGN },
      account,
    );
    return Math.round(Number(data!.estimatePipeline.cost) * 1_000_000);
  }

  /** All runs are alike, so that the median of their tokens has the median of their costs. */
  async function medianCost({ session }: Account): Promise<number> {
    const entries = await app.services.database.prisma.ledgerEntry.findMany({
      where: { tenantId: rowId(session.user.tenant.id) },
      orderBy: { costMicros: 'asc' },
    });
    expect(entries).toHaveLength(3);
    return Number(entries[1]!.costMicros);
  }
});
