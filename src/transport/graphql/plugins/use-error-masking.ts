import { GraphQLError, type ExecutionResult } from 'graphql';
import { handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../../infra/logger.ts';
import type { RequestContext } from '../../request-context.ts';
import { maskError } from '../mask-error.ts';

/** Gives every error its code, and masks what is not the client's, on every transport and in the middle of a stream. */
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
    setResult({ ...result, errors: result.errors.map((error) => maskError(error, { logger, requestId })) });
  }
}

/** Yoga names it over HTTP only. */
function nameParseError({ result }: { result: unknown }): void {
  if (result instanceof GraphQLError) Object.assign(result.extensions, { code: 'GRAPHQL_PARSE_FAILED' });
}

interface Payload {
  args: { contextValue: RequestContext };
  result: ExecutionResult;
  setResult: (result: ExecutionResult) => void;
}
