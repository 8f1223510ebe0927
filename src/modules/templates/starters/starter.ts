import type { z } from 'zod';
import { designSchema, type stepSchema } from '../../designs/design.ts';
import type { TemplateWords } from '../content.ts';
import { templateInputs } from '../inputs.ts';

/** The languages of the starters. The first is the one of readers of other languages. */
export const STARTER_LANGUAGES = ['en', 'ko'] as const;

/**
 * A built-in template. All that people read is translated; prompts are in English: agents write in the language of the
 * request. Each `{{name}}` in a prompt is one of `inputs`.
 */
export interface Starter {
  /** Never changes: runs and forks name it. */
  id: `starter-${string}`;
  name: Translated;
  description: Translated;
  inputs: readonly StarterInput[];
  steps: readonly StarterStep[];
}

/** A starter as a template in one language. */
export function starterIn(
  { name, description, inputs, steps }: Starter,
  language: StarterLanguage,
): TemplateWords {
  return {
    name: name[language],
    description: description[language],
    design: designSchema.parse({
      steps: steps.map(({ title, approval, ...step }) => ({
        ...step,
        title: title[language],
        approval: approval && { ...approval, question: approval.question[language] },
      })),
    }),
    inputs: templateInputs.parse(
      inputs.map((input) => ({
        name: input.name,
        title: input.title[language],
        description: input.description[language],
        defaultValue: input.defaultValue?.[language],
      })),
    ),
  };
}

export interface StarterInput {
  name: string;
  title: Translated;
  description: Translated;
  /** Null: each run must give a value. */
  defaultValue: Translated | null;
}

type StepInput = z.input<typeof stepSchema>;

export interface StarterStep extends Omit<StepInput, 'title' | 'approval'> {
  title: Translated;
  prompt: string;
  /** So that the estimate and the worst case lie close together. */
  maxOutputTokens: number;
  approval?: Omit<NonNullable<StepInput['approval']>, 'question'> & { question: Translated };
}

export type StarterLanguage = (typeof STARTER_LANGUAGES)[number];
export type Translated = Readonly<Record<StarterLanguage, string>>;
