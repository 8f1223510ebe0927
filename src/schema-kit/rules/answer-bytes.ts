import { isPromise } from 'node:util/types';
import type { GraphQLFieldResolver } from 'graphql';
import type { AnswerSize } from '../../kernel/answer-size.ts';

/** Types whose values have no limit of their own. The number of all others is limited by the cost of the document. */
export const UNLIMITED_TYPES: ReadonlySet<string> = new Set(['String', 'ID', 'JSONObject']);

/** Counts what a field adds to the answer. */
export function countingBytes<Context extends { answer: AnswerSize }>(
  resolver: GraphQLFieldResolver<unknown, Context, object>,
): GraphQLFieldResolver<unknown, Context, object> {
  return (parent, args, context, info) => {
    const value = resolver(parent, args, context, info);
    if (isPromise(value)) return value.then((settled) => count(context.answer, settled));
    return count(context.answer, value);
  };
}

function count(answer: AnswerSize, value: unknown): unknown {
  answer.add(bytesOf(value));
  return value;
}

/** Of a list or an object, the bytes of all its texts. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + QUOTES;
  if (typeof value !== 'object' || value === null) return SHORT;
  let bytes = QUOTES;
  for (const [name, part] of Object.entries(value)) bytes += name.length + QUOTES + bytesOf(part);
  return bytes;
}

const QUOTES = 2;
/** A number, true, false or null. */
const SHORT = 4;
