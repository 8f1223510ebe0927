import { describe, expect, it } from 'vitest';
import { checkDesign, designSchema, MAX_STEPS } from '../../../../src/modules/designs/design.ts';
import { STRATEGIES } from '../../../../src/modules/discussion/engine/proposal.ts';
import { changeDesign } from '../../../../src/offline/discussion/changes.ts';
import { builtInDesign } from '../../../../src/offline/discussion/designs.ts';
import { catalogOf } from '../../../support/structured-models.ts';

const facts = {
  need: 'Compare the prices of three EV charging networks.',
  language: 'en',
  catalog: catalogOf('ANTHROPIC'),
};

describe('changeDesign', () => {
  const { design } = builtInDesign('BALANCED', { ...facts, requirements: [] });
  const options = { language: 'en', catalog: facts.catalog };
  const keysAfter = (change: string) =>
    changeDesign(design, change, options).design.steps.map((step) => step.key);

  it('puts a check between the collectors and what uses their findings', () => {
    const { steps } = changeDesign(design, 'add a check of the sources', options).design;
    const check = steps.find((step) => step.agent === 'VALIDATOR')!;
    expect(check).toMatchObject({ title: 'Check: the sources', dependsOn: ['collect-one', 'collect-two'] });
    expect(steps.find((step) => step.key === 'synthesize')!.dependsOn).toContain(check.key);
  });

  it('adds a collector beside the others', () => {
    const { steps } = changeDesign(design, 'collect data from patents too', options).design;
    const added = steps.find((step) => step.key === 'collect')!;
    expect(added.dependsOn).toEqual(['analyze']);
    expect(steps.find((step) => step.key === 'synthesize')!.dependsOn).toContain('collect');
  });

  it('takes a step out and joins what was around it', () => {
    expect(keysAfter('remove the merge step')).toEqual(['analyze', 'collect-one', 'collect-two', 'report']);
    const { steps } = changeDesign(design, 'remove the merge step', options).design;
    expect(steps.at(-1)!.dependsOn).toEqual(['collect-one', 'collect-two']);
  });

  it('never takes the last step out', () => {
    expect(keysAfter('remove the report')).toContain('report');
  });

  it('adds and drops approvals', () => {
    const without = changeDesign(design, 'drop the approval', options);
    expect(without.design.steps.some((step) => step.approval)).toBe(false);
    const again = changeDesign(without.design, 'ask me before the report', options);
    expect(again.design.steps.at(-1)).toMatchObject({
      approval: { question: expect.stringContaining('ask me before the report') },
    });
    expect(changeDesign(without.design, 'no approvals, drop them', options).design).toBe(without.design);
  });

  it.each([
    ['let me approve it before it runs', 'BEFORE_STEP'],
    ['ask me for approval before the report', 'BEFORE_STEP'],
    ['a person must approve the finished report', 'AFTER_STEP'],
    ['I want to approve it before it is sent', 'AFTER_STEP'],
    ['완성된 보고서를 승인하게 해줘', 'AFTER_STEP'],
  ])('asks at the right time: %s', (wish, timing) => {
    const { steps } = changeDesign(design, wish, options).design;
    expect(steps.at(-1)!.approval).toMatchObject({ timing });
  });

  it('changes models for cheaper and for better', () => {
    const cheap = changeDesign(design, 'make it cheaper', options).design;
    expect(new Set(cheap.steps.map((step) => step.model))).toEqual(new Set(['claude-haiku-5-5']));
    const better = changeDesign(design, 'make it more thorough', options).design;
    expect(new Set(better.steps.map((step) => step.model))).toEqual(new Set(['claude-opus-5-5']));
  });

  it('tells the last step about length, language and form', () => {
    const { steps } = changeDesign(design, 'the report must be in Korean', options).design;
    expect(steps.at(-1)!.prompt).toContain('- the report must be in Korean');
    expect(steps).toHaveLength(design.steps.length);
  });

  it('makes a step of anything else', () => {
    const { design: changed, changes } = changeDesign(design, 'draw conclusions for the winter.', options);
    const extra = changed.steps.find((step) => step.agent === 'CUSTOM')!;
    expect(extra).toMatchObject({ title: 'Draw conclusions for the winter', dependsOn: ['synthesize'] });
    expect(changed.steps.at(-1)!.dependsOn).toEqual(['synthesize', extra.key]);
    expect(changes).toEqual([expect.stringContaining('Draw conclusions for the winter')]);
  });

  it('keeps any design valid through any row of changes', () => {
    const random = generator(20_261_121);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    for (let talkNumber = 0; talkNumber < 60; talkNumber += 1) {
      const request = { ...facts, requirements: [], language: pick(['en', 'ko']) };
      let current = builtInDesign(pick(STRATEGIES), request).design;
      for (let turn = 0; turn < 40; turn += 1) {
        const { design: changed, changes } = changeDesign(current, pick(CHANGES), {
          ...options,
          language: request.language,
        });
        expect(designSchema.parse(changed)).toEqual(changed);
        expect(checkDesign(changed)).toEqual([]);
        expect(changed.steps.length).toBeLessThanOrEqual(MAX_STEPS);
        expect(changes.length).toBeGreaterThan(0);
        current = changed;
      }
    }
  });
});

const CHANGES = [
  'add a check of the sources',
  'add another collector for patents',
  'remove the check',
  'remove the analysis',
  'drop the collector',
  'take out the merge',
  'drop the approval',
  'let me approve it first',
  'make it faster',
  'make it deeper',
  'the report must be in Korean and two pages long',
  'draw conclusions for the winter',
  '출처 검증을 추가해줘',
  '수집을 빼줘',
  '승인을 받아줘',
  '...',
  '🚀',
  'x'.repeat(9_000),
];

/** Numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
