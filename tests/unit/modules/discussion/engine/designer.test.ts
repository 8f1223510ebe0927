import { describe, expect, it } from 'vitest';
import { builtInRules } from '../../../../../src/offline/discussion/fallback.ts';
import { checkDesign, designSchema, MAX_STEPS } from '../../../../../src/modules/designs/design.ts';
import { changeDesign } from '../../../../../src/offline/discussion/changes.ts';
import { builtInDesign } from '../../../../../src/offline/discussion/designs.ts';
import { proposeDesigns, refineDesign } from '../../../../../src/modules/discussion/engine/designer.ts';
import { EMPTY_MEMORY } from '../../../../../src/modules/discussion/engine/memory.ts';
import { STRATEGIES, type Strategy } from '../../../../../src/modules/discussion/engine/proposal.ts';
import {
  answering,
  answeringTasks,
  catalogOf,
  unavailableModel,
} from '../../../../support/structured-models.ts';

const facts = {
  need: 'Compare the prices of three EV charging networks.',
  memory: { ...EMPTY_MEMORY, agreedRequirements: ['Two pages at most.'] },
  language: 'en',
  catalog: catalogOf('ANTHROPIC'),
  context: null,
};

describe('proposeDesigns', () => {
  it('takes the designs of the model, on models that are there', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) => answerOf(strategy as Strategy, { model: 'claude-haiku-5-5' }),
    });
    const drafts = await proposeDesigns(model, builtInRules, facts);
    expect(drafts.map((draft) => draft.title)).toEqual([
      'SPEED by a model',
      'QUALITY by a model',
      'BALANCED by a model',
    ]);
    expect(drafts[0]!.design.steps[0]).toMatchObject({ provider: 'ANTHROPIC', model: 'claude-haiku-5-5' });
  });

  it('puts a model that is there in place of one that is not', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) => answerOf(strategy as Strategy, { model: 'dreamt-up-9' }),
    });
    const drafts = await proposeDesigns(model, builtInRules, facts);
    const used = drafts.map((draft) => draft.design.steps[0]!.model);
    expect(used).toEqual(['claude-haiku-5-5', 'claude-opus-5-5', 'claude-sonnet-5-5']);
  });

  it('makes a design itself where the model gave none that can run, and keeps the others', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) =>
        strategy === 'QUALITY'
          ? { title: 'Broken', summary: 'S', steps: [] }
          : answerOf(strategy as Strategy, {}),
    });
    const drafts = await proposeDesigns(model, builtInRules, facts);
    expect(drafts.map((draft) => draft.title)).toEqual([
      'SPEED by a model',
      expect.stringContaining('Thorough study'),
      'BALANCED by a model',
    ]);
  });

  it('makes all three itself when the model gave the same design thrice', async () => {
    const model = answering(JSON.stringify(answerOf('SPEED', { model: 'claude-haiku-5-5' })));
    const drafts = await proposeDesigns(model, builtInRules, facts);
    expect(drafts.map((draft) => draft.title).join()).not.toContain('by a model');
    expect(new Set(drafts.map((draft) => draft.design.steps.length)).size).toBe(3);
  });

  it('refuses a design that only a person could read differently from the next one', async () => {
    const same = { ...answerOf('SPEED', {}), title: 'Another name' };
    const model = answeringTasks({
      'discussion.design': ({ strategy }) => (strategy === 'BALANCED' ? same : answerOf('SPEED', {})),
    });
    const shapes = (await proposeDesigns(model, builtInRules, { ...facts, catalog: oneModel() })).map(
      (draft) => draft.design.steps.length,
    );
    expect(new Set(shapes).size).toBe(3);
  });
});

describe('refineDesign', () => {
  const draft = builtInDesign('BALANCED', { ...facts, requirements: [] });

  it('takes the changed design of the model and what it says has changed', async () => {
    const answer = { ...answerOf('BALANCED', {}), changes: ['Merged two steps.'] };
    const model = answeringTasks({ 'discussion.refine': () => answer });
    const refined = await refineDesign(model, builtInRules, {
      ...facts,
      draft,
      change: 'merge the collectors',
    });
    expect(refined).toMatchObject({
      strategy: 'BALANCED',
      title: 'BALANCED by a model',
      changes: ['Merged two steps.'],
    });
  });

  it('names the wish where the model does not say what has changed', async () => {
    const model = answeringTasks({ 'discussion.refine': () => answerOf('BALANCED', {}) });
    const refined = await refineDesign(model, builtInRules, {
      ...facts,
      draft,
      change: 'merge the collectors',
    });
    expect(refined.changes).toEqual(['merge the collectors']);
  });

  it('keeps who may approve', async () => {
    const strict = { ...draft, design: { ...draft.design, requireDifferentApprover: true } };
    const refined = await refineDesign(unavailableModel, builtInRules, {
      ...facts,
      draft: strict,
      change: 'add a check',
    });
    expect(refined.design.requireDifferentApprover).toBe(true);
  });
});

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
    expect(without.design.steps.some((step) => step.requiresApproval)).toBe(false);
    const again = changeDesign(without.design, 'ask me before the report', options);
    expect(again.design.steps.at(-1)).toMatchObject({
      requiresApproval: true,
      approvalQuestion: expect.stringContaining('ask me before the report'),
    });
    expect(changeDesign(without.design, 'no approvals, drop them', options).design).toBe(without.design);
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
        const { design: changed, changes } = changeDesign(current, pick(WISHES), {
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

const WISHES = [
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

function answerOf(strategy: Strategy, step: Record<string, unknown>) {
  const wide = ['one', 'two', 'three'].slice(0, STRATEGIES.indexOf(strategy) + 1);
  return {
    title: `${strategy} by a model`,
    summary: 'It works.',
    steps: [
      ...wide.map((key) => ({ key, agent: 'COLLECTOR', title: key, prompt: 'Collect.', ...step })),
      { key: 'report', agent: 'REPORTER', title: 'Report', dependsOn: wide, ...step },
    ],
  };
}

function oneModel() {
  const [model] = catalogOf('OPENAI').models;
  return { models: [model!], defaultModel: model! };
}

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
