import {
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ParseOptions,
  type Source,
} from 'graphql';
import { handleStreamOrSingleExecutionResult, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { costOf } from '../cost.ts';
import { sizeOfDocument, type DocumentSize } from '../document-size.ts';
import { DOCUMENT_LIMITS } from '../limits.ts';

/**
 * Limits the size and cost of documents, the same on every transport: tokens while parsing, other sizes before
 * validation, and the cost of the operation before it runs, because it depends on the variables. A request with
 * `extensions: { cost: true }` gets the cost in the extensions of its answer.
 */
export function useLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn(parseLimited);
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules) => {
        const error = sizeError(sizeOfDocument(document as DocumentNode));
        return error ? [error] : validate(schema, document as DocumentNode, rules, { maxErrors: 20 });
      });
    },
    onExecute({ args, setResultAndStopExecution }) {
      const cost = costOf(args);
      if (cost > DOCUMENT_LIMITS.cost)
        return setResultAndStopExecution({ errors: [tooComplex('cost', cost)] });
      return isCostRequested(args) ? { onExecuteDone: addingCost(cost) } : undefined;
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const cost = costOf(args);
      if (cost > DOCUMENT_LIMITS.cost)
        return setResultAndStopExecution({ errors: [tooComplex('cost', cost)] });
      return isCostRequested(args) ? { onSubscribeResult: addingCost(cost) } : undefined;
    },
  };
}

function parseLimited(source: string | Source, options?: ParseOptions): DocumentNode {
  const { tokens } = DOCUMENT_LIMITS;
  try {
    return parse(source, { ...options, maxTokens: tokens });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError('Syntax Error: The document is nested too deeply.'); // the parser's stack overflowed
    // The parser stops at the first token too many, so it does not know how many there are.
    if (error instanceof GraphQLError && error.message.includes(`more that ${tokens} tokens`))
      throw tooComplex('tokens', tokens + 1);
    throw error;
  }
}

/** The first size over its limit. */
function sizeError(size: DocumentSize): GraphQLError | null {
  const measure = SIZES.find((name) => size[name] > DOCUMENT_LIMITS[name]);
  return measure ? tooComplex(measure, size[measure]) : null;
}

const SIZES = ['depth', 'aliases', 'directives', 'aliasLength', 'repetitions'] as const satisfies Exclude<
  Measure,
  'tokens' | 'cost'
>[];

/** What a document has too much of, and what its author can do about it. */
const MEASURES: Record<Measure, [what: string, advice: string]> = {
  tokens: ['a number of tokens', 'Request fewer fields, or split the document.'],
  depth: ['a depth', 'Nest fewer levels: request inner objects by their ids, with another operation.'],
  aliases: ['a number of aliases', 'Use fewer aliases, or split the operation.'],
  directives: ['a number of directives', 'Put one directive on a fragment instead of on each field.'],
  aliasLength: ['an alias with a number of characters', 'Shorten the alias.'],
  repetitions: ['a name that occurs at one place for a number of times', 'Select each field once.'],
  cost: ['a cost', 'Request smaller pages or fewer fields.'],
};

function tooComplex(measure: Measure, cost: number): GraphQLError {
  const [what, advice] = MEASURES[measure];
  const limit = DOCUMENT_LIMITS[measure];
  return new GraphQLError(`The document has ${what} of ${cost}; the maximum is ${limit}. ${advice}`, {
    extensions: { code: 'QUERY_TOO_COMPLEX', measure, cost, limit, http: { status: 400, spec: true } },
  });
}

function isCostRequested({ contextValue }: ExecutionArgs): boolean {
  const { params } = contextValue as { params?: GraphQLParams };
  return params?.extensions?.['cost'] === true;
}

function addingCost(cost: number) {
  const report = { requested: cost, limit: DOCUMENT_LIMITS.cost };
  return (payload: Parameters<typeof handleStreamOrSingleExecutionResult>[0]) =>
    handleStreamOrSingleExecutionResult(payload, ({ result, setResult }) =>
      setResult({ ...result, extensions: { ...result.extensions, cost: report } }),
    );
}

type Measure = keyof typeof DOCUMENT_LIMITS;
