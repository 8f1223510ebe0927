import type { z } from 'zod';
import type { EndReason } from '../language-model.ts';
import { fitToSchema, isRecord } from './fit-to-schema.ts';
import { objectsInText } from './objects-in-text.ts';
import { inputSchemaOf, type JsonSchema } from './output-schema.ts';

/**
 * Reads the one object of a model's answer: the last one that matches the schema, whatever stands around it (prose,
 * code fences, thinking), after the usual slips were put right (`fitToSchema`) and, if it does not match, after one
 * wrapper object was opened. Never guesses: what is missing or wrong stays an issue. Never throws, in linear time.
 */
export function readAnswer<T>(
  schema: z.ZodType<T>,
  { text, end }: { text: string; end: EndReason },
): Reading<T> {
  const shape = inputSchemaOf(schema);
  let issues: OutputIssue[] | undefined;
  for (const object of objectsInText(text, { isCut: end !== 'stop' }).reverse()) {
    for (const candidate of [object, ...wrappedIn(object, shape)]) {
      const result = schema.safeParse(fitToSchema(candidate, shape));
      if (result.success) return { value: result.data };
      issues ??= result.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
    }
  }
  return { issues: issues ?? [{ path: [], message: 'the answer is not one valid JSON object' }] };
}

/** The objects inside of one that has no property of the schema, e.g. of `{ "design": { … } }`. */
function wrappedIn(object: Record<string, unknown>, { properties = {} }: JsonSchema): unknown[] {
  if (Object.keys(object).some((key) => Object.hasOwn(properties, key))) return [];
  return Object.values(object).flat().filter(isRecord).slice(-MAX_WRAPPED).reverse();
}

const MAX_WRAPPED = 8;

export type Reading<T> = { value: T; issues?: undefined } | { issues: OutputIssue[] };

/** One validation issue of an answer. */
export interface OutputIssue {
  /** From the root of the answer. */
  path: string[];
  message: string;
}
