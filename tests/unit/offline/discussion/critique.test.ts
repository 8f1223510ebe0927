import { describe, expect, it } from 'vitest';
import { EMPTY_MEMORY } from '../../../../src/modules/discussion/engine/memory.ts';
import {
  critiqueSchema,
  STRATEGIES,
  type Strategy,
} from '../../../../src/modules/discussion/engine/proposal.ts';
import { critiqueByShape } from '../../../../src/offline/discussion/critique.ts';
import { builtInDesign } from '../../../../src/offline/discussion/designs.ts';
import { catalogOf } from '../../../support/structured-models.ts';

describe('critiqueByShape', () => {
  it.each(['en', 'ko'])('is complete and differs from design to design (%s)', (language) => {
    const given = STRATEGIES.map((one) => critiqueByShape(factsOf(one, { language })));
    for (const one of given) expect(critiqueSchema.parse(one)).toEqual(one);
    expect(new Set(given.map((one) => one.score)).size).toBe(3);
    expect(new Set(given.map((one) => JSON.stringify(one))).size).toBe(3);
  });

  it('names the steps it speaks of', () => {
    expect(critiqueByShape(factsOf('SPEED')).weaknesses.join()).toContain('“Collect ');
    expect(critiqueByShape(factsOf('BALANCED')).strengths.join()).toContain('“Write the report”');
  });

  it('heeds what the person prefers', () => {
    const score = (strategy: Strategy, preference: string) =>
      critiqueByShape(factsOf(strategy, { preferences: [preference] })).score;
    expect(score('SPEED', 'Prefers it fast and cheap')).toBeGreaterThan(score('SPEED', 'none'));
    expect(score('QUALITY', 'Prefers it fast and cheap')).toBeLessThan(score('QUALITY', 'none'));
    expect(score('SPEED', 'Wants a reliable result')).toBeLessThan(score('SPEED', 'none'));
  });
});

function factsOf(strategy: Strategy, { language = 'en', preferences = [] as string[] } = {}) {
  const need = 'Compare the prices of three EV charging networks.';
  const draft = builtInDesign(strategy, { need, requirements: [], language, catalog: catalogOf('OFFLINE') });
  return { need, memory: { ...EMPTY_MEMORY, preferences }, draft, costUsd: '0.012', seconds: 40, language };
}
