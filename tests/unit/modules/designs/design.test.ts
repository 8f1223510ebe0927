import { describe, expect, it } from 'vitest';
import { checkDesign, type Design, designSchema, type Step } from '../../../../src/modules/designs/design.ts';

describe('designSchema', () => {
  it('fills in defaults of a step', () => {
    const design = designSchema.parse({ steps: [{ key: 'report', agent: 'REPORTER', title: 'Report' }] });
    expect(design).toEqual({
      requireDifferentApprover: false,
      steps: [
        {
          key: 'report',
          agent: 'REPORTER',
          title: 'Report',
          prompt: null,
          dependsOn: [],
          provider: null,
          model: null,
          maxOutputTokens: null,
          approval: null,
        },
      ],
    });
  });

  it.each([
    ['no steps', { steps: [] }],
    ['31 steps', { steps: Array.from({ length: 31 }, (_, index) => ({ ...minimal, key: `s${index}` })) }],
    ['an upper-case key', { steps: [{ ...minimal, key: 'Report' }] }],
    ['a key of 41 characters', { steps: [{ ...minimal, key: 'k'.repeat(41) }] }],
    ['a blank title', { steps: [{ ...minimal, title: '  ' }] }],
    ['a title of 121 characters', { steps: [{ ...minimal, title: 't'.repeat(121) }] }],
    ['a prompt of 8001 characters', { steps: [{ ...minimal, prompt: 'p'.repeat(8_001) }] }],
    ['NUL in a prompt', { steps: [{ ...minimal, prompt: 'a\0b' }] }],
    ['half of a surrogate pair in a title', { steps: [{ ...minimal, title: 'a\uD83D' }] }],
    ['an unknown agent', { steps: [{ ...minimal, agent: 'PAINTER' }] }],
    ['an unknown provider', { steps: [{ ...minimal, provider: 'ACME' }] }],
    ['a model with a line break', { steps: [{ ...minimal, model: 'gpt\n5' }] }],
    ['0 output tokens', { steps: [{ ...minimal, maxOutputTokens: 0 }] }],
    ['32001 output tokens', { steps: [{ ...minimal, maxOutputTokens: 32_001 }] }],
    ['a timeout of 0 seconds', { steps: [{ ...minimal, approval: { timeoutSeconds: 0 } }] }],
  ])('rejects %s', (_, input) => {
    expect(designSchema.safeParse(input).success).toBe(false);
  });

  it('accepts the limits themselves', () => {
    const step = { ...minimal, key: 'k'.repeat(40), title: 't'.repeat(120), prompt: 'p'.repeat(8_000) };
    expect(designSchema.safeParse({ steps: [{ ...step, maxOutputTokens: 32_000 }] }).success).toBe(true);
    const steps = Array.from({ length: 30 }, (_, index) => ({ ...minimal, key: `s${index}` }));
    expect(designSchema.safeParse({ steps }).success).toBe(true);
  });
});

describe('checkDesign', () => {
  it('returns no problems for a valid graph', () => {
    expect(checkDesign(designOf(['a'], ['b', 'a'], ['c', 'a'], ['d', 'b', 'c']))).toEqual([]);
    expect(checkDesign(designOf(['a']))).toEqual([]);
  });

  it('reports a duplicate step key', () => {
    expect(checkDesign(designOf(['a'], ['a'], ['b', 'a']))).toContainEqual({
      code: 'DUPLICATE',
      path: ['steps', '1', 'key'],
      message: expect.stringContaining('"a"'),
    });
  });

  it('reports a dependency that does not exist', () => {
    expect(checkDesign(designOf(['a'], ['b', 'a'], ['c', 'b', 'ghost']))).toEqual([
      {
        code: 'UNKNOWN_VALUE',
        path: ['steps', '2', 'dependsOn'],
        message: expect.stringContaining('"ghost"'),
      },
    ]);
  });

  it('shortens a name that is not a valid key', () => {
    const [issue] = checkDesign(designOf(['a', 'x'.repeat(10_000)]));
    expect(issue!.message.length).toBeLessThan(120);
  });

  it('rejects a step that depends on itself', () => {
    expect(checkDesign(designOf(['a'], ['b', 'a', 'b']))).toEqual([
      { code: 'CYCLE', path: ['steps', '1', 'dependsOn'], message: 'A step cannot depend on itself.' },
    ]);
  });

  it('rejects a duplicate dependency', () => {
    expect(checkDesign(designOf(['a'], ['b', 'a', 'a']))).toEqual([
      { code: 'DUPLICATE', path: ['steps', '1', 'dependsOn'], message: '"a" is named twice.' },
    ]);
  });

  it('reports the steps of a cycle in order', () => {
    expect(checkDesign(designOf(['a', 'c'], ['b', 'a'], ['c', 'b'], ['end', 'c']))).toEqual([
      {
        code: 'CYCLE',
        path: ['steps', expect.any(String), 'dependsOn'],
        message: expect.stringMatching(/a → b → c|b → c → a|c → a → b/),
      },
    ]);
  });

  it('requires exactly one last step', () => {
    expect(checkDesign(designOf(['a'], ['b', 'a'], ['c', 'a']))).toEqual([
      { code: 'NOT_ALLOWED', path: ['steps'], message: expect.stringContaining('b, c') },
    ]);
  });

  it.each([null, '', '  \n'])('rejects a CUSTOM step with the prompt %j', (prompt) => {
    const design = designOf(['a']);
    design.steps[0] = { ...design.steps[0]!, agent: 'CUSTOM', prompt };
    expect(checkDesign(design)).toEqual([
      { code: 'REQUIRED', path: ['steps', '0', 'prompt'], message: expect.any(String) },
    ]);
  });

  it('reports all problems at once', () => {
    expect(checkDesign(designOf(['a', 'a'], ['a'], ['b', 'ghost']))).toHaveLength(4);
  });
});

const minimal = { key: 'report', agent: 'REPORTER', title: 'Report' };

/** Steps as `[key, ...dependsOn]`. */
function designOf(...steps: [string, ...string[]][]): Design {
  return {
    requireDifferentApprover: false,
    steps: steps.map(
      ([key, ...dependsOn]): Step => ({
        key,
        agent: 'ANALYZER',
        title: key,
        prompt: null,
        dependsOn,
        provider: null,
        model: null,
        maxOutputTokens: null,
        approval: null,
      }),
    ),
  };
}
