import { describe, expect, it } from 'vitest';
import { cutText, fitTexts } from '../../../../../src/modules/pipelines/agents/fit-texts.ts';

describe('fitTexts', () => {
  it('leaves what fits as it is', () => {
    expect(fitTexts(['abc', '', 'de'], 5)).toEqual(['abc', '', 'de']);
    expect(fitTexts([], 5)).toEqual([]);
  });

  it('cuts the longest first and the others not at all', () => {
    const [short, middle, long] = fitTexts(['a'.repeat(10), 'b'.repeat(100), 'c'.repeat(1_000)], 300);
    expect(short).toBe('a'.repeat(10));
    expect(middle).toBe('b'.repeat(100));
    expect(long).toBe(`${'c'.repeat(190)}\n[… 810 characters left out …]`);
  });

  it('shares what there is evenly among those that are too long', () => {
    const fitted = fitTexts(['a'.repeat(500), 'b'.repeat(900), 'c'.repeat(20)], 220);
    expect(fitted.map((text) => text.split('\n')[0]!.length)).toEqual([100, 100, 20]);
  });

  it('stays within its budget, marks apart, for any lengths', () => {
    for (let round = 0; round < 200; round++) {
      const lengths = Array.from({ length: 1 + (round % 7) }, (_, index) => (round * 37 * (index + 3)) % 500);
      const fitted = fitTexts(
        lengths.map((length) => 'x'.repeat(length)),
        400,
      );
      const kept = fitted.map((text) => text.replace(/\n\[… \d+ characters left out …\]$/, '').length);
      expect(kept.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(400);
    }
  });
});

describe('cutText', () => {
  it('never leaves half of a surrogate pair', () => {
    const cut = cutText('🙂🙂🙂', 3);
    expect(cut).toBe('🙂\n[… 4 characters left out …]');
    expect(cut.isWellFormed()).toBe(true);
  });
});
