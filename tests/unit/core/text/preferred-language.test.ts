import { describe, expect, it } from 'vitest';
import { preferredLanguage } from '../../../../src/core/text/preferred-language.ts';

describe('preferredLanguage', () => {
  it.each([
    [null, 'en'],
    ['', 'en'],
    ['ko', 'ko'],
    ['ko-KR', 'ko'],
    ['KO-kr', 'ko'],
    ['fr, de', 'en'],
    ['fr, ko;q=0.8, en;q=0.7', 'ko'],
    ['ko;q=0.5, en', 'en'],
    ['ko ; q=0.9 , en;q=0.8', 'ko'],
    ['en, ko', 'en'],
    ['ko;q=0', 'en'],
    ['*', 'en'],
    ['kok', 'en'],
    ['ko;q=9', 'en'],
    [';;,,q=1', 'en'],
  ])('%s gives %s', (header, language) => {
    expect(preferredLanguage(header, ['en', 'ko'])).toBe(language);
  });
});
