import { isPromise } from 'node:util/types';
import type { GraphQLFieldResolver } from 'graphql';
import type { AnswerSize } from '../../kernel/answer-size.ts';

/** Types whose values have no limit of their own. The number of all others is limited by the cost of the document. */
export const UNLIMITED_TYPES: ReadonlySet<string> = new Set(['String', 'ID', 'JSONObject']);

/** Counts the name of a field in the answer, and a short value. */
export function countingName<Context extends WithAnswer>(resolver: Resolver<Context>): Resolver<Context> {
  return (parent, args, context, info) => {
    context.answer.add(String(info.path.key).length + AROUND_NAME + SHORT);
    return resolver(parent, args, context, info);
  };
}

/** Counts the name of a field in the answer, and its value once it is known. */
export function countingBytes<Context extends WithAnswer>(resolver: Resolver<Context>): Resolver<Context> {
  return countingName((parent, args, context, info) => {
    const value = resolver(parent, args, context, info);
    if (isPromise(value)) return value.then((settled) => count(context.answer, settled));
    return count(context.answer, value);
  });
}

function count(answer: AnswerSize, value: unknown): unknown {
  answer.add(bytesOf(value));
  return value;
}

/** A text can be six times as long in JSON as it is stored. */
function bytesOf(value: unknown): number {
  const isLong = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return isLong ? Buffer.byteLength(JSON.stringify(value)) : 0;
}

/** Quotes, a colon and a comma. */
const AROUND_NAME = 4;
/** A number, true, false or null. */
const SHORT = 4;

interface WithAnswer {
  answer: AnswerSize;
}

type Resolver<Context> = GraphQLFieldResolver<unknown, Context, object>;
