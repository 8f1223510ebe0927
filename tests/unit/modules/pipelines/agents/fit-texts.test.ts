import { describe, expect, it } from 'vitest';
import { cutText, fitTexts } from '../../../../../src/modules/pipelines/agents/fit-texts.ts';

describe('fitTexts', () => {
  it('returns texts that fit unchanged', () => {
    expect(fitTexts(['abc', '', 'de'], 5)).toEqual(['abc', '', 'de']);
    expect(fitTexts([], 5)).toEqual([]);
  });

  it('truncates only the longest text', () => {
    const [short, middle, long] = fitTexts(['a'.repeat(10), 'b'.repeat(100), 'c'.repeat(1_000)], 300);
    expect(short).toBe('a'.repeat(10));
    expect(middle).toBe('b'.repeat(100));
    expect(long).toBe(`${'c'.repeat(190)}\n[… 810 characters left out …]`);
  });

  it('divides the remaining length evenly among texts that are too long', () => {
    const fitted = fitTexts(['a'.repeat(500), 'b'.repeat(900), 'c'.repeat(20)], 220);
    expect(fitted.map((text) => text.split('\n')[0]!.length)).toEqual([100, 100, 20]);
  });

  it('stays within the limit, without the marks, for any lengths', () => {
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
  it('counts characters, in every Unicode form, and never splits one', () => {
    expect(cutText('🙂🙂🙂', 2)).toBe('🙂🙂\n[… 1 characters left out …]');
    const decomposed = '한글'.normalize('NFD');
    expect(cutText(decomposed, 2)).toBe('한글');
    expect(cutText(decomposed, 1)).toBe('한\n[… 1 characters left out …]');
  });
});
