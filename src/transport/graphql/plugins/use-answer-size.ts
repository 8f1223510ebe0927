import { GraphQLError, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { AnswerSize } from '../../../kernel/answer-size.ts';
import type { RequestContext } from '../../request-context.ts';
import { rootFieldsOf } from '../root-fields.ts';

/**
 * Replaces an answer that is too large by the reason. The fields of introspection have no resolvers of ours that count, so
 * their part of the answer is measured here, when it is made.
 */
export function useAnswerSize(): Plugin<RequestContext> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        const { answer } = args.contextValue as RequestContext;
        if (mayIntrospect(args.document)) countIntrospection(answer, args, result as ExecutionResult);
        const { problem } = answer;
        if (problem) setResult({ errors: [new GraphQLError(problem.message, { originalError: problem })] });
      },
    }),
  };
}

function mayIntrospect({ loc }: DocumentNode): boolean {
  return loc !== undefined && /__(?:schema|type)\b/.test(loc.source.body);
}

function countIntrospection(answer: AnswerSize, args: ExecutionArgs, { data }: ExecutionResult): void {
  const { document, operationName, variableValues } = args;
  const params = { operationName: operationName ?? undefined, variables: { ...variableValues } };
  const fields = [...rootFieldsOf(document, params)].filter(([, name]) => INTROSPECTION.has(name));
  try {
    for (const [key] of fields) answer.add(Buffer.byteLength(JSON.stringify({ [key]: data?.[key] })));
  } catch (error) {
    if (error !== answer.problem) throw error;
  }
}

const INTROSPECTION = new Set(['__schema', '__type']);
