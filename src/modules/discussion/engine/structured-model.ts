import type { z } from 'zod';
import { ModelError, type ModelTask } from '../../../core/llm/language-model.ts';
import { InvalidOutputError } from '../../../core/llm/structured.ts';

/** The port through which the discussion asks a model for structured answers. */
export interface StructuredModel {
  /**
   * One structured answer, checked by `schema` and repaired once.
   * Errors: ModelError or InvalidOutputError when the model gives nothing usable; whatever else stops the turn
   * (an abort, a spent budget, a lost claim) as it is.
   */
  generate<T>(task: ModelTask, prompt: Prompt, schema: z.ZodType<T>): Promise<T>;
}

export interface Prompt {
  system: string;
  user: string;
  maxOutputTokens: number;
}

/** One kind of structured call: its name, its prompt, and the schema of its answer. */
export interface PromptTask<Facts extends object, T> {
  /** Names the call, e.g. `discussion.critique`. */
  name: string;
  schema: z.ZodType<T>;
  prompt(facts: Facts): Prompt;
}

/** The model's answer; when the model fails, that of the built-in rules. */
export async function generateWithFallback<Facts extends object, T>(
  model: StructuredModel,
  fallback: (facts: Facts) => T,
  task: PromptTask<Facts, T>,
  facts: Facts,
): Promise<Generated<T>> {
  try {
    const metadata = facts as Readonly<Record<string, unknown>>;
    const value = await model.generate({ name: task.name, metadata }, task.prompt(facts), task.schema);
    return { value, source: 'MODEL' };
  } catch (error) {
    if (error instanceof ModelError || error instanceof InvalidOutputError)
      return { value: fallback(facts), source: 'BUILT_IN' };
    throw error;
  }
}

export interface Generated<T> {
  value: T;
  /** Who made it: the model, or the built-in rules because the model failed. */
  source: ContentSource;
}

export type ContentSource = 'MODEL' | 'BUILT_IN';
