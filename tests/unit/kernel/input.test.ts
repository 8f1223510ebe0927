import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ValidationError } from '../../../src/errors.ts';
import { contextObject, maxCharacters, parseInput, storedText } from '../../../src/kernel/input.ts';

const input = z.object({ text: storedText.check(maxCharacters(3)).nullish() });

describe('maxCharacters', () => {
  it.each([
    ['three letters', 'abc'],
    ['three emoji', '😀😀😀'],
    ['three letters with marks of their own', 'e\u0301e\u0301e\u0301'],
    ['three Korean syllables in parts', '한국어'.normalize('NFD')],
    ['nothing', null],
  ])('accepts %s of three, unchanged', (_what, text) => {
    expect(parseInput(input, { text })).toEqual({ text });
  });

  it('refuses more, as every text that is too long', () => {
    expect(issuesOf(() => parseInput(input, { text: '😀😀😀😀' }))).toEqual([
      { code: 'TOO_LONG', path: ['text'], message: 'must be at most 3 characters' },
    ]);
  });
});

describe('contextObject', () => {
  it('counts characters, not code units', () => {
    const schema = z.object({ context: contextObject });
    const context = { note: '😀'.repeat(5_000) };
    expect(parseInput(schema, { context })).toEqual({ context });
    expect(issuesOf(() => parseInput(schema, { context: { note: '😀'.repeat(20_000) } }))).toMatchObject([
      { code: 'TOO_LONG', path: ['context'] },
    ]);
  });
});

function issuesOf(parse: () => unknown): unknown[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
  }
  throw new Error('the input was accepted');
}
