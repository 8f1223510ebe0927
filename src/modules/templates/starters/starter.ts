import type { z } from 'zod';
import type { designSchema } from '../../designs/design.ts';

/** The languages of the starters. The first is the one of readers of other languages. */
export const STARTER_LANGUAGES = ['en', 'ko'] as const;

/**
 * A built-in template. Its prompts are in English: agents write in the language of the request. Each `{{name}}` in a
 * prompt is one of `inputs`.
 */
export interface Starter {
  /** Never changes: runs and forks name it. */
  id: `starter-${string}`;
  name: Translated;
  description: Translated;
  inputs: readonly StarterInput[];
  design: z.input<typeof designSchema>;
}

export interface StarterInput {
  name: string;
  title: Translated;
  description: Translated;
  /** Null: each run must give a value. */
  defaultValue: string | null;
}

export type StarterLanguage = (typeof STARTER_LANGUAGES)[number];
export type Translated = Readonly<Record<StarterLanguage, string>>;
