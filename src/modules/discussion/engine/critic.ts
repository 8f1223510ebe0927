import { z } from 'zod';
import { critiqueByShape } from '../../../offline/discussion/critique.ts';
import { type Memory, tidy } from './memory.ts';
import { CRITIQUE_INSTRUCTIONS, designData, memoryData, promptFor } from './prompts.ts';
import type { Draft } from './proposal.ts';
import { ask, type Question, type Think } from './structured-model.ts';

/** What an experienced reviewer says about a design. */
export function critique(think: Think, facts: CritiqueFacts): Promise<Critique> {
  return ask(think, CRITIQUE, facts);
}

const sentences = z
  .array(z.string().transform((sentence) => tidy(sentence, 400)))
  .transform((list) => list.filter((sentence) => sentence !== '').slice(0, 5))
  .pipe(z.array(z.string()).min(1));

export const critiqueSchema = z.object({
  /** 1 to 10. */
  score: z
    .number()
    .min(1)
    .max(10)
    .transform((score) => Math.round(score)),
  strengths: sentences,
  weaknesses: sentences,
  suggestions: sentences,
});

export const CRITIQUE: Question<CritiqueFacts, Critique> = {
  task: 'discussion.critique',
  schema: critiqueSchema,
  prompt: ({ need, memory, draft, costUsd, seconds, language }) =>
    promptFor({
      instructions: CRITIQUE_INSTRUCTIONS,
      data: {
        need,
        ...memoryData(memory),
        design: designData(draft),
        estimate: `about $${costUsd} and ${seconds} seconds a run`,
      },
      language,
      maxOutputTokens: 1_500,
    }),
  builtIn: critiqueByShape,
};

export interface CritiqueFacts {
  need: string;
  memory: Memory;
  draft: Draft;
  /** What a run usually costs, in dollars. */
  costUsd: string;
  seconds: number;
  language: string;
}

export type Critique = z.output<typeof critiqueSchema>;
