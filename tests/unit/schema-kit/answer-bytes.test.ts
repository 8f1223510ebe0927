import { executeSync, GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { AnswerBudget } from '../../../src/kernel/answer-size.ts';
import { countingBytes, countingName } from '../../../src/schema-kit/rules/answer-bytes.ts';

/** Executes a query with a text and a number, and returns whether its answer fits. */
function fits(query: string, { text = '', maxBytes }: { text?: string; maxBytes: number }): boolean {
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType<unknown, { answer: ReturnType<AnswerBudget['open']> }>({
      name: 'Query',
      fields: {
        text: { type: GraphQLString, resolve: countingBytes(() => text) },
        number: { type: GraphQLInt, resolve: countingName(() => 1) },
      },
    }),
  });
  const answer = new AnswerBudget({ maxBytes: 1e9, maxBytesOfCaller: 1e9 }).open(maxBytes, 'ann');
  executeSync({ schema, document: parse(query), contextValue: { answer } });
  return answer.problem === null;
}

describe('the size of an answer', () => {
  it.each([
    ['plain text', 'x', 1],
    ['letters of three bytes', '한', 3],
    ['quotes', '"', 2],
    ['control characters', '\u0001', 6],
  ])('counts %s as JSON writes them', (_what, character, bytes) => {
    const text = character.repeat(1_000);
    expect(fits('{ text }', { text, maxBytes: 1_000 * bytes })).toBe(false);
    expect(fits('{ text }', { text, maxBytes: 1_000 * bytes + 20 })).toBe(true);
  });

  it('counts the alias of a field, also of a number', () => {
    const alias = 'a'.repeat(100);
    expect(fits('{ number }', { maxBytes: 100 })).toBe(true);
    expect(fits(`{ ${alias}: number }`, { maxBytes: 100 })).toBe(false);
  });
});
