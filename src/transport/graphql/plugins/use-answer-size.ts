import { GraphQLError, type DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AnswerSize } from '../../../kernel/answer-size.ts';
import type { RequestContext } from '../../request-context.ts';

/**
 * Replaces an answer that is too large by the reason. The fields of introspection have no resolvers of ours that count, so
 * their answer is measured here, when it is made.
 */
export function useAnswerSize(): Plugin<RequestContext> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        const { answer } = args.contextValue as RequestContext;
        if (isIntrospection(args.document)) countWhole(answer, result);
        const { problem } = answer;
        if (problem) setResult({ errors: [new GraphQLError(problem.message, { originalError: problem })] });
      },
    }),
  };
}

function isIntrospection({ loc }: DocumentNode): boolean {
  return loc !== undefined && /__(?:schema|type)\b/.test(loc.source.body);
}

function countWhole(answer: AnswerSize, result: unknown): void {
  try {
    answer.add(Buffer.byteLength(JSON.stringify(result)));
  } catch (error) {
    if (error !== answer.problem) throw error;
  }
}
