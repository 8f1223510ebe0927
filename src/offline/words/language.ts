import { ENGLISH } from './en/english.ts';
import { KOREAN } from './ko/korean.ts';
import type { Words } from './words.ts';

/** The languages that the product has words of its own in. */
export const WORDS = { en: ENGLISH, ko: KOREAN } satisfies Record<string, Words>;

export type Language = keyof typeof WORDS;

export function wordsOf(language: string): Words {
  return WORDS[wordedLanguage(language)];
}

/** Of a tag such as `ko`: itself where there are words of it, else English. */
export function wordedLanguage(language: string): Language {
  return Object.hasOwn(WORDS, language) ? (language as Language) : 'en';
}
