import { GraphQLError, type ExecutionResult } from 'graphql';
import { handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../../infra/logger.ts';
import type { RequestContext } from '../../request-context.ts';
import { maskError } from '../mask-error.ts';

/** Adds a code to every error and masks internal errors, on every transport and for every result of a stream. */
export function useErrorMasking(logger: Logger): Plugin<RequestContext> {
  return {
    onPluginInit({ registerContextErrorHandler }) {
      registerContextErrorHandler(({ context, error, setError }) => {
        setError(maskError(error, { logger, requestId: (context as unknown as RequestContext).requestId }));
      });
    },
    onParse: () => nameParseError,
    onExecute: () => ({
      onExecuteDone: (payload) => handleStreamOrSingleExecutionResult(payload, maskResult),
    }),
    onSubscribe: () => ({
      onSubscribeResult: (payload) => handleStreamOrSingleExecutionResult(payload, maskResult),
    }),
  };

  function maskResult({ args, result, setResult }: Payload): void {
    if (!result.errors) return;
    const { requestId } = args.contextValue;
    const errors = result.errors.map((error) => maskError(error, { logger, requestId }));
    setResult({ ...result, errors: hasValue(result.data) ? errors.map(withStatus200) : errors });
  }
}

/** Whether at least one root field has a value: a partial success, which has HTTP status 200. */
function hasValue(data: ExecutionResult['data']): boolean {
  return Object.values(data ?? {}).some((value) => value !== null);
}

function withStatus200(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  const extensions = { ...error.extensions, http: { status: 200 } };
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

/** Yoga sets this code for HTTP only. */
function nameParseError({ result }: { result: unknown }): void {
  if (result instanceof GraphQLError) result.extensions['code'] ??= 'GRAPHQL_PARSE_FAILED';
}

interface Payload {
  args: { contextValue: RequestContext };
  result: ExecutionResult;
  setResult: (result: ExecutionResult) => void;
}
