import { describe, expect, it } from 'vitest';
import { builtInRules } from '../../../../../src/offline/discussion/fallback.ts';
import { builtInDesign } from '../../../../../src/offline/discussion/designs.ts';
import { critique } from '../../../../../src/modules/discussion/engine/critic.ts';
import { EMPTY_MEMORY } from '../../../../../src/modules/discussion/engine/memory.ts';
import {
  critiqueSchema,
  STRATEGIES,
  type Strategy,
} from '../../../../../src/modules/discussion/engine/proposal.ts';
import { answering, catalogOf, unavailableModel } from '../../../../support/structured-models.ts';

describe('critique', () => {
  it('takes what the model says, rounded and bounded', async () => {
    const answer = {
      score: 7.6,
      strengths: ['a', '', 'b'],
      weaknesses: ['w'.repeat(900)],
      suggestions: ['s'],
    };
    const given = await critique(answering(JSON.stringify(answer)), builtInRules, factsOf('SPEED'));
    expect(given).toMatchObject({ score: 8, strengths: ['a', 'b'], suggestions: ['s'] });
    expect(given.weaknesses[0]!.length).toBeLessThanOrEqual(400);
  });

  it.each([0, 11, '9', null])('judges by the shape when the model gives the score %j', async (score) => {
    const answer = { score, strengths: ['a'], weaknesses: ['b'], suggestions: ['c'] };
    const given = await critique(answering(JSON.stringify(answer)), builtInRules, factsOf('SPEED'));
    expect(given.strengths).not.toEqual(['a']);
    expect(critiqueSchema.safeParse(given).success).toBe(true);
  });

  it.each(['en', 'ko'])(
    'by the shape is complete and differs from design to design (%s)',
    async (language) => {
      const given = await Promise.all(
        STRATEGIES.map((one) => critique(unavailableModel, builtInRules, factsOf(one, { language }))),
      );
      for (const one of given) expect(critiqueSchema.parse(one)).toEqual(one);
      expect(new Set(given.map((one) => one.score)).size).toBe(3);
      expect(new Set(given.map((one) => JSON.stringify(one))).size).toBe(3);
    },
  );

  it('by the shape names the steps it speaks of', async () => {
    const { weaknesses } = await critique(unavailableModel, builtInRules, factsOf('SPEED'));
    expect(weaknesses.join()).toContain('“Collect ');
    const { strengths } = await critique(unavailableModel, builtInRules, factsOf('BALANCED'));
    expect(strengths.join()).toContain('“Write the report on ');
  });

  it('by the shape heeds what the person prefers', async () => {
    const score = async (strategy: Strategy, preference: string) =>
      (await critique(unavailableModel, builtInRules, factsOf(strategy, { preferences: [preference] })))
        .score;
    expect(await score('SPEED', 'Prefers it fast and cheap')).toBeGreaterThan(await score('SPEED', 'none'));
    expect(await score('QUALITY', 'Prefers it fast and cheap')).toBeLessThan(await score('QUALITY', 'none'));
    expect(await score('SPEED', 'Wants a reliable result')).toBeLessThan(await score('SPEED', 'none'));
  });
});

function factsOf(strategy: Strategy, { language = 'en', preferences = [] as string[] } = {}) {
  const need = 'Compare the prices of three EV charging networks.';
  const draft = builtInDesign(strategy, { need, requirements: [], language, catalog: catalogOf('OFFLINE') });
  return { need, memory: { ...EMPTY_MEMORY, preferences }, draft, costUsd: '0.012', seconds: 40, language };
}
