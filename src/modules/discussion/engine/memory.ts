import { characterCount, firstCharacters } from '../../../core/text/characters.ts';
import { cleanText } from '../../../core/prompt-safety/clean-text.ts';

/** What a conversation remembers between turns, with limits. */
export interface Memory {
  agreedRequirements: string[];
  openQuestions: string[];
  preferences: string[];
}

/** What one message adds. Answered questions and withdrawn requirements are given by their number, from 1. */
export interface MemoryChange {
  agreed: string[];
  withdrawn: number[];
  asked: string[];
  answered: number[];
  preferences: string[];
}

export const EMPTY_MEMORY: Memory = { agreedRequirements: [], openQuestions: [], preferences: [] };

export const MAX_REQUIREMENTS = 30;
export const MAX_QUESTIONS = 8;
export const MAX_PREFERENCES = 15;
/** Maximum length of one entry, in characters. */
export const MAX_ENTRY_LENGTH = 300;

/** Applies a change: removes duplicates, answered and withdrawn entries, and the oldest entries above the limit. */
export function remember(memory: Memory, change: MemoryChange): Memory {
  return {
    agreedRequirements: merge(memory.agreedRequirements, change.withdrawn, change.agreed, MAX_REQUIREMENTS),
    openQuestions: merge(memory.openQuestions, change.answered, change.asked, MAX_QUESTIONS),
    preferences: merge(memory.preferences, [], change.preferences, MAX_PREFERENCES),
  };
}

function merge(entries: string[], gone: number[], added: string[], limit: number): string[] {
  const kept = entries.filter((_, index) => !gone.includes(index + 1));
  const merged = new Map<string, string>();
  for (const entry of [...kept, ...added.map((entry) => tidy(entry))]) {
    const key = sameness(entry);
    if (key !== '' && !merged.has(key)) merged.set(key, entry);
  }
  return [...merged.values()].slice(-limit);
}

/** One line of limited length without invisible characters. */
export function tidy(entry: string, maxLength = MAX_ENTRY_LENGTH): string {
  const line = cleanText(entry).text.replace(/\s+/gu, ' ').trim();
  return characterCount(line) <= maxLength ? line : `${firstCharacters(line, maxLength - 1).trimEnd()}…`;
}

/** Two entries are the same when only case, spacing and punctuation differ. */
function sameness(entry: string): string {
  return entry
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Emoji_Presentation}]+/gu, '');
}
