import type { z } from 'zod';
import type { EndReason, ModelStreamPart, ModelRequest } from '../language-model.ts';
import { nativeSchemaOf } from './output-schema.ts';
import { type OutputIssue, readAnswer } from './read-answer.ts';

/**
 * Requests one JSON object that matches `schema`, in the provider's own mode for schemas. The answer is read with tolerance for how models write
 * (`readAnswer`); one that still does not match is sent back once with its validation issues. `complete` performs one
 * call, including its accounting and events, and is called at most twice.
 * Errors: InvalidOutputError when the second answer does not match either; those of `complete`, unchanged.
 * Example: `completeStructured({ complete: async (r) => collect(model.stream(r, signal)), request, schema })`.
 */
export async function completeStructured<T, Request extends ModelessRequest>({
  complete,
  request,
  schema,
}: StructuredCall<T, Request>): Promise<T> {
  const output = { name: request.task.name.replace(/[^\w-]/g, '_'), schema: nativeSchemaOf(schema) };
  const jsonRequest = { ...request, output };
  const first = await complete(jsonRequest);
  const read = readAnswer(schema, first);
  if (!read.issues) return read.value;

  const repair = withRepair(jsonRequest, first, [...cutIssues(first, request), ...read.issues]);
  const second = await complete(repair);
  const repaired = readAnswer(schema, second);
  if (!repaired.issues) return repaired.value;
  throw new InvalidOutputError([...cutIssues(second, request), ...repaired.issues]);
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

function cutIssues({ end }: Completion, { maxOutputTokens }: ModelessRequest): OutputIssue[] {
  if (end === 'stop') return [];
  return [{ path: [], message: `${WHY_CUT[end](maxOutputTokens)}: it must be shorter` }];
}

function withRepair<Request extends ModelessRequest>(
  request: Request,
  { text }: Completion,
  issues: OutputIssue[],
): Request {
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

const WHY_CUT: Record<Exclude<EndReason, 'stop'>, (maxOutputTokens: number) => string> = {
  length: (limit) => `the answer was cut off at the limit of ${limit} tokens`,
  thinking: (limit) => `the answer was cut off because thinking used up most of its ${limit} tokens`,
  window: () => 'the answer was cut off because the context window is full',
  unknown: () => 'the answer may have ended before it was complete',
};

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

/** The caller of a model may choose it for each call. */
type ModelessRequest = Omit<ModelRequest, 'model'>;

export interface StructuredCall<T, Request extends ModelessRequest = ModelRequest> {
  complete: (request: Request) => Promise<Completion>;
  request: Request;
  schema: z.ZodType<T>;
}

export interface Completion {
  text: string;
  end: EndReason;
}
