import { describe, expect, it } from 'vitest';
import { critique } from '../../../../../src/modules/discussion/engine/critic.ts';
import { EMPTY_MEMORY } from '../../../../../src/modules/discussion/engine/memory.ts';
import { answering, CRITIQUE_ANSWER, noRules } from '../../../../support/structured-models.ts';

describe('critique', () => {
  it('takes what the model says, rounded and bounded', async () => {
    const answer = {
      score: 7.6,
      strengths: ['a', '', 'b'],
      weaknesses: ['w'.repeat(900)],
      suggestions: ['s'],
    };
    const { value, source } = await critique(answering(JSON.stringify(answer)), noRules, FACTS);
    expect(value).toMatchObject({ score: 8, strengths: ['a', 'b'], suggestions: ['s'] });
    expect(value.weaknesses[0]!.length).toBeLessThanOrEqual(400);
    expect(source).toBe('MODEL');
  });

  it('takes a score that is written as text', async () => {
    const answer = { score: '9', strengths: 'a', weaknesses: ['b'], suggestions: ['c'] };
    const { value, source } = await critique(answering(JSON.stringify(answer)), noRules, FACTS);
    expect({ value, source }).toMatchObject({ value: { score: 9, strengths: ['a'] }, source: 'MODEL' });
  });

  it.each([0, 11, '9 of 10', null])(
    'is built in, and says so, when the model gives the score %j',
    async (score) => {
      const answer = { score, strengths: ['a'], weaknesses: ['b'], suggestions: ['c'] };
      const rules = { critique: () => CRITIQUE_ANSWER };
      const given = await critique(answering(JSON.stringify(answer)), rules, FACTS);
      expect(given).toMatchObject({
        value: CRITIQUE_ANSWER,
        source: 'BUILT_IN',
        failure: { code: 'INVALID_OUTPUT' },
      });
    },
  );
});

const FACTS = {
  need: 'Compare the prices of three EV charging networks.',
  memory: EMPTY_MEMORY,
  draft: {
    strategy: 'SPEED' as const,
    title: 'T',
    summary: 'S',
    changes: [],
    design: { steps: [], requireDifferentApprover: false },
  },
  costUsd: '0.012',
  seconds: 40,
  language: 'en',
};
