import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesPlugin } from '@escape.tech/graphql-armor-max-directives';
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ParseOptions,
  type Source,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

/**
 * Limits the size and cost of documents, the same on every transport. Tokens are counted while parsing; depth, aliases
 * and directives during validation, whose result is cached; complexity on each execution, because it depends on the
 * variables.
 */
export function useLimits(): Plugin {
  return {
    onPluginInit({ addPlugin }) {
      addPlugin(maxDepthPlugin({ n: DOCUMENT_LIMITS.depth, ...REPORT }));
      addPlugin(maxAliasesPlugin({ n: DOCUMENT_LIMITS.aliases, ...REPORT }));
      addPlugin(maxDirectivesPlugin({ n: DOCUMENT_LIMITS.directives, ...REPORT }));
    },
    onParse({ setParseFn }) {
      setParseFn(parseLimited);
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules) => validate(schema, document, rules, { maxErrors: 20 }));
    },
    onExecute({ args, setResultAndStopExecution }) {
      const error = complexityError(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const error = complexityError(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
  };
}

/** Complexity, for comparison: 20 conversations with 10 messages each and six fields per message score about 1,800. */
export const DOCUMENT_LIMITS = {
  tokens: 2_000,
  depth: 16,
  aliases: 30,
  directives: 30,
  complexity: 10_000,
} as const;

function parseLimited(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: DOCUMENT_LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GraphQLError('Syntax Error: The document is nested too deeply.'); // the parser's stack overflowed
  }
}

/** Reports a violation as a validation error instead of throwing, so that validation continues. */
const REPORT = {
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
};

function complexityError(args: ExecutionArgs): GraphQLError | null {
  const complexity = complexityOf(args);
  if (complexity <= DOCUMENT_LIMITS.complexity) return null;
  return new GraphQLError(
    `The query has a complexity of ${complexity}; the maximum is ${DOCUMENT_LIMITS.complexity}. Request smaller pages or fewer fields.`,
    { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400, spec: true } } },
  );
}

function complexityOf({
  schema,
  document,
  operationName,
  variableValues,
  contextValue,
}: ExecutionArgs): number {
  const operation = getOperationAST(document, operationName);
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  try {
    return complexityFromQuery(
      { kind: Kind.DOCUMENT, definitions: operation ? [operation, ...fragments] : fragments },
      { schema, ctx: contextValue as object, variables: { ...variableValues } },
    ).complexity;
  } catch (error) {
    // No operation with that name, or variables of the wrong type: execution reports these with a better message.
    if (error instanceof GraphQLError) return 0;
    throw error;
  }
}
