import type { z } from 'zod';
import type { ModelStreamPart, ModelRequest } from './language-model.ts';
import { storableText } from '../text/storable-text.ts';

/**
 * Requests one JSON object that matches `schema`. An answer that does not match is sent back once with its validation
 * issues. `complete` performs one call, including its accounting and events, and is called at most twice.
 * Errors: InvalidOutputError when the second answer does not match either; those of `complete`, unchanged.
 * Example: `completeStructured({ complete: async (r) => collect(model.stream(r, signal)), request, schema })`.
 */
export async function completeStructured<T>({ complete, request, schema }: StructuredCall<T>): Promise<T> {
  const jsonRequest = { ...request, json: true };
  const first = await complete(jsonRequest);
  const read = readAs(schema, first, jsonRequest);
  if (!read.issues) return read.value;

  const repairRequest = withRepair(jsonRequest, first, read.issues);
  const repaired = readAs(schema, await complete(repairRequest), repairRequest);
  if (!repaired.issues) return repaired.value;
  throw new InvalidOutputError(repaired.issues);
}

/** Collects the text of one call. Errors: those of the stream. */
export async function collect(parts: AsyncIterable<ModelStreamPart>): Promise<Completion> {
  const completion: Completion = { text: '', end: 'stop' };
  for await (const part of parts) {
    if (part.type === 'text') completion.text += part.text;
    if (part.type === 'end') completion.end = part.reason;
  }
  return completion;
}

function readAs<T>(schema: z.ZodType<T>, completion: Completion, request: ModelRequest): Reading<T> {
  const json = parseObject(completion.text);
  if (json === undefined) return { issues: [{ path: [], message: whyUnreadable(completion, request) }] };
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data };
  return { issues: result.error.issues.map(({ path, message }) => ({ path: path.map(String), message })) };
}

/** Parses from the first brace to the last, because models often add a code fence or a sentence around the object. */
function parseObject(text: string): unknown {
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  try {
    return JSON.parse(json, (_key, value: unknown) =>
      typeof value === 'string' ? storableText(value) : value,
    );
  } catch {
    return undefined;
  }
}

function whyUnreadable({ end }: Completion, { maxOutputTokens }: ModelRequest): string {
  return end === 'length'
    ? `the answer was cut off at the limit of ${maxOutputTokens} tokens: it must be shorter`
    : 'the answer is not one valid JSON object';
}

function withRepair(request: ModelRequest, { text }: Completion, issues: OutputIssue[]): ModelRequest {
  const problems = issues.slice(0, MAX_NAMED_ISSUES).map(describe).join('\n');
  const repair = `That answer cannot be used:\n${problems}\nAnswer again with the whole corrected JSON object and nothing else.`;
  return {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: text.trim() || '(an empty answer)' },
      { role: 'user', content: repair },
    ],
  };
}

function describe({ path, message }: OutputIssue): string {
  return path.length > 0 ? `- ${path.join('.')}: ${message}` : `- ${message}`;
}

const MAX_NAMED_ISSUES = 20;

/** The model answered twice, and neither answer matches the schema. */
export class InvalidOutputError extends Error {
  readonly issues: OutputIssue[];

  constructor(issues: OutputIssue[]) {
    super(
      `The model gave no valid answer, even after its errors were reported to it: ${issues.map(describe).join(' ')}`,
    );
    this.name = 'InvalidOutputError';
    this.issues = issues;
  }
}

export interface StructuredCall<T> {
  complete: (request: ModelRequest) => Promise<Completion>;
  request: ModelRequest;
  schema: z.ZodType<T>;
}

export interface Completion {
  text: string;
  end: 'stop' | 'length';
}

type Reading<T> = { value: T; issues?: undefined } | { issues: OutputIssue[] };

/** One validation issue of an answer. */
export interface OutputIssue {
  /** From the root of the answer. */
  path: string[];
  message: string;
}
