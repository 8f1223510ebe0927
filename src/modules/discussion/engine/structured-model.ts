import type { z } from 'zod';
import { ModelError, type ModelErrorCode, type ModelTask } from '../../../core/llm/language-model.ts';
import { InvalidOutputError } from '../../../core/llm/structured/complete-structured.ts';
import { EmptyOutputError } from '../../../kernel/execution-error.ts';

/** The port through which the discussion asks a model for structured answers. */
export interface StructuredModel {
  /**
   * One structured answer, checked by `schema` and repaired once. Temporary failures are retried first.
   * Errors: InvalidOutputError when the repaired answer does not fit either; ModelError; whatever else stops the
   * turn (an abort, a spent budget, a lost claim) as it is.
   */
  generate<T>(task: ModelTask, prompt: Prompt, schema: z.ZodType<T>): Promise<T>;
}

export interface Prompt {
  /** The same for all calls of a task. */
  system: string;
  systemSuffix: string;
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

/**
 * Returns the model's answer, or that of the built-in rules when the model gave no usable answer or was unavailable for
 * all retries.
 * Errors: ModelError AUTH, BAD_REQUEST or REFUSED, which the person has to know about; whatever else stops the turn.
 */
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
    const failure = failureOf(error);
    if (!failure) throw error;
    return { value: fallback(facts), source: 'BUILT_IN', failure };
  }
}

/** Null for errors that must reach the user. */
export function failureOf(error: unknown): GenerationFailure | null {
  if (error instanceof InvalidOutputError || error instanceof EmptyOutputError)
    return { code: 'INVALID_OUTPUT', message: error.message };
  if (error instanceof ModelError && (error.retryable || WITHOUT_TEXT.has(error.code)))
    return { code: error.code, message: error.message };
  return null;
}

/** The model wrote no text. */
const WITHOUT_TEXT: ReadonlySet<ModelErrorCode> = new Set(['OUTPUT_LIMIT', 'TOOL_CALL']);

/** Waits for all calls, then throws the first error, so that no call outlives the turn. */
export async function waitForAll<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

/** An answer and its source. */
export type Generated<T> =
  | { value: T; source: 'MODEL'; failure?: undefined }
  | { value: T; source: 'BUILT_IN'; failure: GenerationFailure };

/** Why the built-in rules had to answer. */
export interface GenerationFailure {
  code: ModelErrorCode | 'INVALID_OUTPUT' | 'DUPLICATE';
  message: string;
}
