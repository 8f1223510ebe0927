import { describe, expect, it } from 'vitest';
import { InvalidOutputError } from '../../../../../src/core/llm/structured/complete-structured.ts';
import { ModelError } from '../../../../../src/core/llm/language-model.ts';
import {
  type DesignFallback,
  proposeDesigns,
  refineDesign,
} from '../../../../../src/modules/discussion/engine/designer.ts';
import { stepSchema } from '../../../../../src/modules/designs/design.ts';
import { EMPTY_MEMORY } from '../../../../../src/modules/discussion/engine/memory.ts';
import type { Strategy } from '../../../../../src/modules/discussion/engine/proposal.ts';
import type { StructuredModel } from '../../../../../src/modules/discussion/engine/structured-model.ts';
import {
  answering,
  answeringTasks,
  catalogOf,
  designAnswer,
  modelFailing,
  noRules,
} from '../../../../support/structured-models.ts';

const facts = {
  need: 'Compare the prices of three EV charging networks.',
  memory: { ...EMPTY_MEMORY, agreedRequirements: ['Two pages at most.'] },
  language: 'en',
  catalog: catalogOf('ANTHROPIC'),
  context: null,
};

const rules: DesignFallback = {
  design: ({ strategy }) => builtIn(strategy),
  refine: ({ draft }) => ({ ...builtIn(draft.strategy), changes: ['Changed by rules.'] }),
};

describe('proposeDesigns', () => {
  it('takes the designs of the model, on models that are there', async () => {
    const designs = await proposeDesigns(designing({ model: 'claude-haiku-5-5' }), noRules, facts);
    expect(designs.map(({ value }) => value.title)).toEqual([
      'SPEED by a model',
      'QUALITY by a model',
      'BALANCED by a model',
    ]);
    expect(designs.map(({ source }) => source)).toEqual(['MODEL', 'MODEL', 'MODEL']);
    expect(designs[0]!.value.design.steps[0]).toMatchObject({
      provider: 'ANTHROPIC',
      model: 'claude-haiku-5-5',
    });
  });

  it('takes steps whose keys and words are written like titles', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) => {
        const design = designAnswer(strategy as Strategy);
        const steps = design.steps.map((step) => ({
          ...step,
          key: ` Step ${step.key.toUpperCase()}`,
          agent: ` ${step.agent.toLowerCase()} `,
          dependsOn: 'dependsOn' in step ? step.dependsOn.map((key) => `step ${key}`) : null,
          provider: 'OpenAI',
          maxOutputTokens: '1500',
          approval: 'null',
        }));
        return { design: { ...design, steps } };
      },
    });
    const designs = await proposeDesigns(model, noRules, facts);
    for (const { source, value } of designs) {
      expect(source).toBe('MODEL');
      expect(value.design.steps[0]).toMatchObject({
        key: 'step-one',
        agent: 'COLLECTOR',
        dependsOn: [],
        maxOutputTokens: 1_500,
        approval: null,
      });
    }
  });

  it('puts a model that is there in place of one that is not', async () => {
    const designs = await proposeDesigns(designing({ model: 'dreamt-up-9' }), noRules, facts);
    const used = designs.map(({ value }) => value.design.steps[0]!.model);
    expect(used).toEqual(['claude-haiku-5-5', 'claude-opus-5-5', 'claude-sonnet-5-5']);
  });

  it('replaces a design that cannot run, and no other', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) =>
        strategy === 'QUALITY'
          ? { title: 'Broken', summary: 'S', steps: [] }
          : designAnswer(strategy as Strategy),
    });
    const designs = await proposeDesigns(model, rules, facts);
    expect(designs.map(({ value, source }) => [value.title, source])).toEqual([
      ['SPEED by a model', 'MODEL'],
      ['QUALITY by rules', 'BUILT_IN'],
      ['BALANCED by a model', 'MODEL'],
    ]);
    expect(designs[1]!.failure).toMatchObject({ code: 'INVALID_OUTPUT' });
  });

  it('keeps the first of three equal designs', async () => {
    const model = answering(JSON.stringify(designAnswer('SPEED', { model: 'claude-haiku-5-5' })));
    const designs = await proposeDesigns(model, rules, facts);
    expect(designs.map(({ source }) => source)).toEqual(['MODEL', 'BUILT_IN', 'BUILT_IN']);
    expect(new Set(designs.map(({ value }) => value.design.steps.length)).size).toBe(3);
  });

  it('replaces only the later of two designs that differ in nothing but words', async () => {
    const same = { ...designAnswer('SPEED'), title: 'Another name' };
    const model = answeringTasks({
      'discussion.design': ({ strategy }) =>
        strategy === 'BALANCED' ? same : designAnswer(strategy as Strategy),
    });
    const designs = await proposeDesigns(model, rules, { ...facts, catalog: oneModel() });
    expect(designs.map(({ value }) => value.title)).toEqual([
      'SPEED by a model',
      'QUALITY by a model',
      'BALANCED by rules',
    ]);
    expect(designs[2]).toMatchObject({
      source: 'BUILT_IN',
      failure: { code: 'DUPLICATE', message: 'The model gave the same design for two strategies.' },
    });
  });

  it('replaces a design of the model that equals a built-in one', async () => {
    const model = answeringTasks({
      'discussion.design': ({ strategy }) =>
        strategy === 'BALANCED'
          ? { steps: [] }
          : { ...builtIn('BALANCED'), title: `${String(strategy)} by a model` },
    });
    const designs = await proposeDesigns(model, rules, { ...facts, catalog: oneModel() });
    expect(designs.map(({ source }) => source)).toEqual(['BUILT_IN', 'BUILT_IN', 'BUILT_IN']);
    expect(designs[0]!.failure).toEqual({
      code: 'DUPLICATE',
      message: 'The model gave the design that the built-in rules had made for BALANCED.',
    });
  });

  it.each(['RATE_LIMITED', 'UNAVAILABLE', 'TIMEOUT', 'TRUNCATED'] as const)(
    'is built in when the model is still away: %s',
    async (code) => {
      const designs = await proposeDesigns(modelFailing(new ModelError(code, 'Later.')), rules, facts);
      expect(designs.map(({ source }) => source)).toEqual(['BUILT_IN', 'BUILT_IN', 'BUILT_IN']);
      expect(designs[0]!.failure).toEqual({ code, message: 'Later.' });
    },
  );

  it.each(['AUTH', 'BAD_REQUEST', 'REFUSED'] as const)(
    'hides no failure that somebody has to mend: %s',
    async (code) => {
      const error = new ModelError(code, 'The key is wrong.');
      await expect(proposeDesigns(modelFailing(error), rules, facts)).rejects.toBe(error);
    },
  );

  it('ends after all of its calls have ended, also when one fails', async () => {
    let ended = 0;
    const refused = new ModelError('AUTH', 'The key is wrong.');
    const model: StructuredModel = {
      generate: async ({ metadata }) => {
        if (metadata['strategy'] === 'SPEED') throw refused;
        await new Promise((resolve) => setTimeout(resolve, 5));
        ended += 1;
        throw new InvalidOutputError([]);
      },
    };
    await expect(proposeDesigns(model, rules, facts)).rejects.toBe(refused);
    expect(ended).toBe(2);
  });
});

describe('refineDesign', () => {
  const draft = {
    strategy: 'BALANCED' as const,
    title: 'Old',
    summary: 'Old.',
    changes: [],
    design: { steps: [], requireDifferentApprover: false },
  };

  it('takes the changed design of the model and what it says has changed', async () => {
    const refined = await refineDesign(refining(['Merged two steps.']), noRules, {
      ...facts,
      draft,
      change: 'merge the collectors',
    });
    expect(refined).toMatchObject({
      source: 'MODEL',
      value: { strategy: 'BALANCED', title: 'BALANCED by a model', changes: ['Merged two steps.'] },
    });
  });

  it('names the wish where the model does not say what has changed', async () => {
    const refined = await refineDesign(refining(), noRules, {
      ...facts,
      draft,
      change: 'merge the collectors',
    });
    expect(refined.value.changes).toEqual(['merge the collectors']);
  });

  it('is built in, and says so, when the model gives nothing usable', async () => {
    const refined = await refineDesign(answering('{}'), rules, { ...facts, draft, change: 'add a check' });
    expect(refined).toMatchObject({
      source: 'BUILT_IN',
      failure: { code: 'INVALID_OUTPUT' },
      value: { title: 'BALANCED by rules', changes: ['Changed by rules.'] },
    });
  });

  it('keeps who may approve', async () => {
    const strict = { ...draft, design: { ...draft.design, requireDifferentApprover: true } };
    const refined = await refineDesign(refining(), noRules, {
      ...facts,
      draft: strict,
      change: 'add a check',
    });
    expect(refined.value.design.requireDifferentApprover).toBe(true);
  });
});

function designing(step: Record<string, unknown>): StructuredModel {
  return answeringTasks({ 'discussion.design': ({ strategy }) => designAnswer(strategy as Strategy, step) });
}

function refining(changes?: string[]): StructuredModel {
  return answeringTasks({ 'discussion.refine': () => ({ ...designAnswer('BALANCED'), changes }) });
}

/** Wider than those of `designAnswer`. */
function builtIn(strategy: Strategy) {
  const { summary, steps } = designAnswer(strategy);
  const extra = ['four', 'five', 'six'].map((key) => step(key, []));
  const report = step('report', [
    ...extra.map(({ key }) => key),
    ...steps.slice(0, -1).map(({ key }) => key),
  ]);
  return {
    title: `${strategy} by rules`,
    summary,
    changes: [] as string[],
    steps: [...extra, ...steps.slice(0, -1).map(({ key }) => step(key, [])), report],
  };
}

function step(key: string, dependsOn: string[]) {
  return stepSchema.parse({ key, agent: 'REPORTER', title: key, dependsOn });
}

function oneModel() {
  const [model] = catalogOf('OPENAI').models;
  return { models: [model!], defaultModel: model! };
}
