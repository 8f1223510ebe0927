import { expect, it } from 'vitest';
import { AnswerBudget } from '../../../src/kernel/answer-size.ts';

it('each caller has a share of the memory for answers, and gets it back', () => {
  const budget = new AnswerBudget({ maxBytes: 400_000, maxBytesOfCaller: 100_000 });
  const [ann, stranger, other] = [
    budget.open(1e9, 'ann'),
    budget.open(1e9, '203.0.113.7'),
    budget.open(1e9, '203.0.113.8'),
  ];
  for (const answer of [ann, stranger, other]) answer.add(150_000); // with what each answer has for nothing
  expect(budget.used).toBeGreaterThan(250_000);
  const second = budget.open(1e9, '203.0.113.7');
  expect(() => second.add(150_000)).toThrow('Too many large answers');
  stranger.close();
  budget.open(1e9, '203.0.113.7').add(150_000);
  expect(() => budget.open(1e9, '203.0.113.8').add(150_000)).toThrow('Too many large answers');
});
