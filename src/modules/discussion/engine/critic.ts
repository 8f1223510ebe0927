import type { Memory } from './memory.ts';
import { CRITIQUE_INSTRUCTIONS, designData, memoryData, promptFor } from './prompts.ts';
import { type Critique, critiqueSchema, type Draft } from './proposal.ts';
import {
  type Generated,
  generateWithFallback,
  type PromptTask,
  type StructuredModel,
} from './structured-model.ts';

/** Reviews a design. */
export function critique(
  model: StructuredModel,
  fallback: CritiqueFallback,
  facts: CritiqueFacts,
): Promise<Generated<Critique>> {
  return generateWithFallback(model, (known) => fallback.critique(known), CRITIQUE, facts);
}

export const CRITIQUE: PromptTask<CritiqueFacts, Critique> = {
  name: 'discussion.critique',
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
};

export interface CritiqueFacts {
  need: string;
  memory: Memory;
  draft: Draft;
  /** Expected cost of a run in US dollars. */
  costUsd: string;
  seconds: number;
  language: string;
}

export interface CritiqueFallback {
  critique(facts: CritiqueFacts): Critique;
}
