import type { z } from 'zod';
import { ModelError, type ModelTask } from '../../core/llm/language-model.ts';
import { InvalidOutputError } from '../../core/llm/structured.ts';

/** The port through which the discussion asks a model for something it can work with. */
export interface Think {
  /**
   * One structured answer, checked by `schema` and repaired once.
   * Errors: ModelError or InvalidOutputError when the model gives nothing usable; whatever else stops the turn
   * (an abort, a spent budget, a lost claim) as it is.
   */
  structured<T>(task: ModelTask, prompt: Prompt, schema: z.ZodType<T>): Promise<T>;
}

export interface Prompt {
  system: string;
  user: string;
  maxOutputTokens: number;
}

/** What the model says; when the model fails, what the product knows by itself. */
export async function thinkOr<T>(thought: () => Promise<T>, fallback: () => T): Promise<T> {
  try {
    return await thought();
  } catch (error) {
    if (error instanceof ModelError || error instanceof InvalidOutputError) return fallback();
    throw error;
  }
}
