import type { z } from 'zod';
import { ModelError, type ModelTask } from '../../../core/llm/language-model.ts';
import { InvalidOutputError } from '../../../core/llm/structured.ts';

/** The port through which the discussion asks a model for something that it can work with. */
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

/** Something to be thought about, in one kind of call: how a model is asked, and what is known without one. */
export interface Question<Facts extends object, T> {
  /** Names the call, e.g. `discussion.critique`. */
  task: string;
  schema: z.ZodType<T>;
  prompt(facts: Facts): Prompt;
  /** The product's own answer: when the model fails, and as the OFFLINE model's part. Fits the schema. */
  builtIn(facts: Facts): T;
}

/** The model's answer; when the model fails, the built-in one. */
export async function ask<Facts extends object, T>(
  think: Think,
  question: Question<Facts, T>,
  facts: Facts,
): Promise<T> {
  try {
    return await think.structured(
      { name: question.task, facts: facts as Readonly<Record<string, unknown>> },
      question.prompt(facts),
      question.schema,
    );
  } catch (error) {
    if (error instanceof ModelError || error instanceof InvalidOutputError) return question.builtIn(facts);
    throw error;
  }
}
