import { describe, expect, it } from 'vitest';
import { ModelCatalog } from '../../../../src/core/llm/catalog.ts';
import { type Design, designSchema } from '../../../../src/modules/designs/design.ts';
import { estimate } from '../../../../src/modules/designs/estimate.ts';
import { usualKey, type UsualStep } from '../../../../src/modules/designs/usual-steps.ts';

describe('estimate', () => {
  it('adds up the cost of all steps, and the time of the longest path', () => {
    const line = estimate(chain('a', 'b', 'c'), facts());
    const wide = estimate(parallel(), facts());
    expect(wide.seconds).toBe(line.seconds);
    expect(wide.costMicros).toBeGreaterThan(line.costMicros);
  });

  it('grows with the request, with the price and with a slower model', () => {
    const small = estimate(chain('a'), facts());
    expect(estimate(chain('a'), facts({ request: long(50_000) })).costMicros).toBeGreaterThan(
      small.costMicros,
    );
    const deep = estimate(chain('a'), facts({ model: 'offline-deep' }));
    expect(deep.costMicros).toBeGreaterThan(small.costMicros);
    expect(deep.seconds).toBeGreaterThan(small.seconds);
  });

  it('uses the price of each step', () => {
    const models = ['offline-fast', 'offline-deep'];
    const asked: string[] = [];
    estimate(chain('a', 'b'), {
      ...facts(),
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
    // 700 tokens of instructions and 300 of input at $0.2 per million, 100 of output at $0.8 per million
    expect(estimate(design, facts({ request: long(300) }))).toEqual({ costMicros: 280n, seconds: 1 });
  });
});

describe('estimate with what steps of the same agent and model usually took', () => {
  const usual = { unknownInputTokens: 900, outputTokens: 200, textTokens: 100, seconds: 6.5 };

  it('adds what this run makes them read', () => {
    // 900 + 100 tokens of input at $0.2 per million, 200 of output at $0.8 per million
    expect(estimate(chain('a'), known(usual, long(100)))).toEqual({ costMicros: 360n, seconds: 7 });
    expect(estimate(chain('a'), known(usual, long(4_900)))).toMatchObject({ costMicros: 1_320n });
    const design = chain('a');
    design.steps[0]!.prompt = long(10);
    expect(estimate(design, known(usual, ''))).toMatchObject({ costMicros: 342n });
  });

  it('passes on what they usually write, and not what they think', () => {
    // The second step reads 100 tokens of the first.
    expect(estimate(chain('a', 'b'), known(usual, ''))).toEqual({ costMicros: 340n + 360n, seconds: 13 });
  });

  it('can exceed by far what they take elsewhere, and reads no less than nothing', () => {
    const pages = estimate(chain('a'), known({ ...usual, unknownInputTokens: 6_000 }, ''));
    expect(pages.costMicros).toBe(1_360n);
    const short = estimate(chain('a'), known({ ...usual, unknownInputTokens: -50 }, long(10)));
    expect(short.costMicros).toBe(160n);
  });

  it('writes and takes less where the design allows less', () => {
    const design = chain('a', 'b');
    design.steps[0]!.maxOutputTokens = 50;
    // A quarter of 200 tokens, of 100 to read and of 6.5 seconds in the first step
    expect(estimate(design, known(usual, ''))).toEqual({ costMicros: 220n + 345n, seconds: 9 });
  });

  it('takes nothing from another model', () => {
    const { usualSteps } = known(usual, '');
    expect(estimate(chain('a'), { ...facts({ model: 'offline-deep' }), usualSteps })).toEqual(
      estimate(chain('a'), facts({ model: 'offline-deep' })),
    );
  });

  function known(step: UsualStep, request: string) {
    const usualSteps = new Map([[usualKey('ANALYZER', priceOf('offline-fast')), step]]);
    return { ...facts({ request }), usualSteps };
  }
});

const catalog = new ModelCatalog({ configured: ['OFFLINE'], defaultProvider: 'OFFLINE' });

function priceOf(model: string) {
  return catalog.find({ provider: 'OFFLINE', model });
}

function facts({ request = 'Ten lines about rain', model = 'offline-fast' } = {}) {
  return { request, priceOf: () => priceOf(model), usualSteps: new Map<string, UsualStep>() };
}

/** A text of so many tokens. */
function long(tokens: number): string {
  return ' so'.repeat(tokens);
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
