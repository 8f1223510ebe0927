import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { RequestContext } from '../../request-context.ts';

/** Replaces an answer that is too large by the reason. */
export function useAnswerSize(): Plugin<RequestContext> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ setResult }) {
        const { problem } = (args.contextValue as RequestContext).answer;
        if (problem) setResult({ errors: [new GraphQLError(problem.message, { originalError: problem })] });
      },
    }),
  };
}
