import { describe, expect, it } from 'vitest';
import { ModelCatalog } from '../../../../src/core/llm/catalog.ts';
import { type Design, designSchema } from '../../../../src/modules/designs/design.ts';
import { estimate } from '../../../../src/modules/designs/estimate.ts';
import { usualKey, type UsualStep } from '../../../../src/modules/designs/usual-steps.ts';

describe('estimate', () => {
  it('adds up the cost of all steps, and the time of the longest path', () => {
    const line = estimate(chain('a', 'b', 'c'), options());
    const wide = estimate(parallel(), options());
    expect(wide.seconds).toBe(line.seconds);
    expect(wide.costMicros).toBeGreaterThan(line.costMicros);
  });

  it('never exceeds the maximum that the design allows', () => {
    for (const maxOutputTokens of [1, 300, 2_000, 32_000, null]) {
      const design = chain('a', 'b', 'c');
      for (const step of design.steps) step.maxOutputTokens = maxOutputTokens;
      const { costMicros, maxCostMicros } = estimate(design, options());
      expect(costMicros).toBeLessThanOrEqual(maxCostMicros);
    }
  });

  it('grows with the request, with the price and with a slower model', () => {
    const small = estimate(chain('a'), options());
    expect(estimate(chain('a'), options(50_000)).costMicros).toBeGreaterThan(small.costMicros);
    const deep = estimate(chain('a'), options(100, 'offline-deep'));
    expect(deep.costMicros).toBeGreaterThan(small.costMicros);
    expect(deep.seconds).toBeGreaterThan(small.seconds);
  });

  it('uses the price of each step', () => {
    const models = ['offline-fast', 'offline-deep'];
    const asked: string[] = [];
    estimate(chain('a', 'b'), {
      requestTokens: 10,
      usualSteps: new Map(),
      priceOf: (step) => {
        asked.push(step.key);
        return priceOf(models[asked.length - 1]!);
      },
    });
    expect(asked).toEqual(['a', 'b']);
  });

  it('is exact for one step', () => {
    const design = chain('a');
    design.steps[0]!.maxOutputTokens = 100;
    // 400 tokens of instructions and 600 of input at $0.2 per million, 100 of output at $0.8 per million
    expect(estimate(design, options(600))).toEqual({ costMicros: 280n, maxCostMicros: 280n, seconds: 2 });
  });

  it('takes what steps of the same agent and model usually took, up to what the design allows', () => {
    const design = chain('a');
    const { agent } = design.steps[0]!;
    const known = (usual: UsualStep) => ({
      ...options(600),
      usualSteps: new Map([[usualKey(agent, priceOf('offline-fast')), usual]]),
    });
    const usual = { inputTokens: 500, outputTokens: 50, seconds: 7 };
    // 500 tokens of input at $0.2 per million, 50 of output at $0.8 per million
    expect(estimate(design, known(usual))).toMatchObject({ costMicros: 140n, seconds: 7 });
    const excessive = estimate(design, known({ ...usual, inputTokens: 1_000_000, outputTokens: 1_000_000 }));
    expect(excessive.costMicros).toBe(excessive.maxCostMicros);
    const ofOtherModel = { ...options(600, 'offline-deep'), usualSteps: known(usual).usualSteps };
    expect(estimate(design, ofOtherModel)).toEqual(estimate(design, options(600, 'offline-deep')));
  });
});

const catalog = new ModelCatalog({ configured: ['OFFLINE'], defaultProvider: 'OFFLINE' });

function priceOf(model: string) {
  return catalog.find({ provider: 'OFFLINE', model });
}

function options(requestTokens = 100, model = 'offline-fast') {
  return { requestTokens, priceOf: () => priceOf(model), usualSteps: new Map<string, UsualStep>() };
}

function chain(...keys: string[]): Design {
  return designSchema.parse({
    steps: keys.map((key, index) => ({
      key,
      agent: 'ANALYZER',
      title: key,
      dependsOn: keys.slice(index - 1, index),
    })),
  });
}

/** As long as a chain of three, with two in the middle. */
function parallel(): Design {
  return designSchema.parse({
    steps: [
      { key: 'a', agent: 'ANALYZER', title: 'a' },
      { key: 'b', agent: 'ANALYZER', title: 'b', dependsOn: ['a'] },
      { key: 'b2', agent: 'ANALYZER', title: 'b2', dependsOn: ['a'] },
      { key: 'c', agent: 'ANALYZER', title: 'c', dependsOn: ['b', 'b2'] },
    ],
  });
}
