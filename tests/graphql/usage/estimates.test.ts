import { describe, expect, it, vi } from 'vitest';
import type { LanguageModel } from '../../../src/core/llm/language-model.ts';
import { estimateInputTokens, splitTokens } from '../../../src/core/llm/tokens.ts';
import { AGENT_KIND_NAMES } from '../../../src/modules/designs/agent-kinds.ts';
import { type Account, testApp } from '../../support/app.ts';
import { micros } from '../../support/money.ts';
import { design, hasEnded, type Run, runWhen, startRun } from '../../support/runs.ts';
import { routerOf } from '../../support/scripted-model.ts';
import { seededRandom } from '../../support/seeded-random.ts';

describe('an estimate', () => {
  /** What the model of each kind of agent writes. */
  const texts = new Map<string, string>();
  const model: LanguageModel = {
    async *stream(request) {
      await Promise.resolve();
      const text = texts.get(request.task.name) ?? 'Two words';
      const tokens = splitTokens(text).slice(0, request.maxOutputTokens);
      yield { type: 'text', text: tokens.join('') };
      const usage = { inputTokens: estimateInputTokens(request), outputTokens: tokens.length };
      yield { type: 'usage', usage };
      yield { type: 'end', reason: 'stop' };
    },
  };
  const app = testApp({ router: routerOf(model) });

  it('learns from three runs of the tenant what they do not say, and from no other tenant', async () => {
    const [account, stranger] = [await rich(), await rich()];
    const atFirst = await estimated(account, DESIGN, SHORT);
    for (let n = 0; n < 3; n++) {
      expect(await estimated(account, DESIGN, SHORT)).toEqual(atFirst); // too few steps are known
      await run(account, DESIGN, SHORT);
    }
    const last = await run(account, DESIGN, SHORT);
    expect(ratio((await estimated(account, DESIGN, SHORT)).cost, micros(last.cost))).toBeLessThan(1.05);
    expect(await estimated(stranger, DESIGN, SHORT)).toEqual(atFirst);

    const long = await run(account, DESIGN, LONG);
    expect(ratio((await estimated(account, DESIGN, LONG)).cost, micros(long.cost))).toBeLessThan(1.1);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'bounds what a run reserves, and is right after three alike: random design %i',
    async (seed) => {
      const random = seededRandom(seed);
      const account = await rich();
      const { steps, request, context } = randomRun(random);
      for (const kind of AGENT_KIND_NAMES) texts.set(`agent.${kind.toLowerCase()}`, randomText(random));
      const { maxCost } = await estimated(account, steps, request, context);
      const reserve = vi.spyOn(app.services.spending, 'reserve');
      let spent = 0n;
      for (let n = 0; n < 3; n++) {
        reserve.mockClear();
        spent = micros((await run(account, steps, request, context)).cost);
        expect(reserve).toHaveBeenCalledTimes(steps.steps.length);
        expect(
          reserve.mock.calls.reduce((sum, [{ amountMicros }]) => sum + amountMicros, 0n),
        ).toBeLessThanOrEqual(maxCost);
      }
      reserve.mockRestore();
      expect(ratio((await estimated(account, steps, request)).cost, spent)).toBeLessThan(1.1);
    },
    60_000,
  );

  async function rich(): Promise<Account> {
    const account = await app.register();
    await app.services.database.prisma.user.updateMany({ data: { plan: 'UNLIMITED' } });
    return account;
  }

  async function run(account: Account, steps: Steps, request: string, context = {}): Promise<Run> {
    const id = await startRun(app, account, steps, { request, context });
    const ended = await runWhen(app, account, id, hasEnded);
    expect(ended.status).toBe('SUCCEEDED');
    return ended;
  }

  async function estimated(account: Account, steps: Steps, request: string, context = {}) {
    const { data } = await app.graphql<{ estimatePipeline: { cost: string; maxCost: string } }>(
      `query ($design: PipelineDesignInput!, $request: String!, $context: JSONObject) {
        estimatePipeline(source: { design: $design }, request: $request, context: $context) { cost maxCost }
      }`,
      { design: steps, request, context },
      account,
    );
    const { cost, maxCost } = data!.estimatePipeline;
    return { cost: micros(cost), maxCost: micros(maxCost) };
  }
});

const DESIGN = design({ key: 'only' });
const SHORT = 'Once more';
const LONG = 'Compare the prices of electric cargo bikes in five cities. '.repeat(330);

/** Of the larger to the smaller. */
function ratio(one: bigint, other: bigint): number {
  return Math.max(Number(one) / Number(other), Number(other) / Number(one));
}

/** Up to seven steps, of which the last reads all that nobody else reads. Steps of one kind may write equally much. */
function randomRun(random: () => number) {
  const upTo = (count: number) => Math.floor(random() * (count + 1));
  const most = new Map(AGENT_KIND_NAMES.map((agent) => [agent, [100, 2_000, 30_000][upTo(2)]!] as const));
  const keys = Array.from({ length: 1 + upTo(5) }, (_, n) => `s${n}`);
  const steps = keys.map((key, n) => {
    const agent = AGENT_KIND_NAMES[upTo(AGENT_KIND_NAMES.length - 1)]!;
    const dependsOn = keys.slice(0, n).filter(() => random() < 0.5);
    return {
      key,
      agent,
      dependsOn,
      prompt: randomText(random).slice(0, 4_000),
      maxOutputTokens: most.get(agent)!,
    };
  });
  const read = new Set(steps.flatMap(({ dependsOn }) => dependsOn));
  const dependsOn = keys.filter((key) => !read.has(key));
  return {
    steps: design(...steps, {
      key: 'end',
      agent: 'REPORTER',
      dependsOn,
      maxOutputTokens: most.get('REPORTER')!,
    }),
    request: randomText(random).slice(0, 19_000),
    context: random() < 0.5 ? {} : { language: 'ko', notes: randomText(random).slice(0, 16_000) },
  };
}

/** In a script of one to four bytes a character, up to about what a step reads. */
function randomText(random: () => number): string {
  const words = ['rain falls ', 'дождь идёт ', '비가 온다 ', '雨が降る', '🚲'];
  const word = words[Math.floor(random() * words.length)]!;
  return word.repeat(1 + Math.floor(random() ** 3 * 3_000));
}

type Steps = ReturnType<typeof design>;
