import { describe, expect, it } from 'vitest';
import {
  EMPTY_MEMORY,
  MAX_ENTRY_LENGTH,
  MAX_PREFERENCES,
  MAX_QUESTIONS,
  MAX_REQUIREMENTS,
  type MemoryChange,
  remember,
  tidy,
} from '../../../../../src/modules/discussion/engine/memory.ts';

describe('remember', () => {
  it('adds what is new, in order', () => {
    const once = remember(
      EMPTY_MEMORY,
      change({ agreed: ['A', 'B'], asked: ['Q?'], preferences: ['cheap'] }),
    );
    const twice = remember(once, change({ agreed: ['C'] }));
    expect(twice).toEqual({
      agreedRequirements: ['A', 'B', 'C'],
      openQuestions: ['Q?'],
      preferences: ['cheap'],
    });
  });

  it('keeps an entry once when only case, spacing or punctuation differ', () => {
    const memory = remember(
      EMPTY_MEMORY,
      change({ agreed: ['Two pages at most.', 'two  pages, at most', 'TWO PAGES AT MOST!'] }),
    );
    expect(memory.agreedRequirements).toEqual(['Two pages at most.']);
  });

  it('drops answered questions and withdrawn requirements by their place', () => {
    const memory = { agreedRequirements: ['A', 'B', 'C'], openQuestions: ['Q1', 'Q2'], preferences: [] };
    const changed = remember(memory, change({ withdrawn: [2, 9], answered: [1, -1], asked: ['Q3'] }));
    expect(changed).toEqual({ agreedRequirements: ['A', 'C'], openQuestions: ['Q2', 'Q3'], preferences: [] });
  });

  it('gives up the oldest entries when there is no room', () => {
    const many = Array.from({ length: 50 }, (_, index) => `entry ${index}`);
    const memory = remember(EMPTY_MEMORY, change({ agreed: many, asked: many, preferences: many }));
    expect(memory.agreedRequirements).toHaveLength(MAX_REQUIREMENTS);
    expect(memory.openQuestions).toHaveLength(MAX_QUESTIONS);
    expect(memory.preferences).toHaveLength(MAX_PREFERENCES);
    expect(memory.agreedRequirements.at(-1)).toBe('entry 49');
  });

  it('takes in every entry whole, wherever it stands in the list', () => {
    const entries = ['first requirement', 'second requirement', 'third requirement'];
    expect(remember(EMPTY_MEMORY, change({ agreed: entries })).agreedRequirements).toEqual(entries);
  });

  it('leaves out entries without a letter, digit or emoji', () => {
    expect(remember(EMPTY_MEMORY, change({ agreed: ['', '  ', '...', '🚀'] })).agreedRequirements).toEqual([
      '🚀',
    ]);
  });
});

describe('tidy', () => {
  it('makes one line of bounded length', () => {
    expect(tidy('  a\n\n b\t c ')).toBe('a b c');
    expect(tidy('가'.repeat(1_000))).toHaveLength(MAX_ENTRY_LENGTH);
  });

  it('never leaves half of a character', () => {
    for (let length = 1; length < 12; length += 1)
      expect(tidy('😀'.repeat(20), length).isWellFormed()).toBe(true);
  });

  it('removes what nobody sees', () => {
    expect(tidy('pay\u202E now\0')).toBe('pay now');
  });
});

function change(part: Partial<MemoryChange>): MemoryChange {
  return { agreed: [], withdrawn: [], asked: [], answered: [], preferences: [], ...part };
}
