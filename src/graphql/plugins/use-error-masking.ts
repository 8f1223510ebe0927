import type { ExecutionResult } from 'graphql';
import { handleStreamOrSingleExecutionResult, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../infra/logger.ts';
import type { RequestContext } from '../context.ts';
import { maskError } from '../mask-error.ts';

/** Masks what context, resolvers and subscriptions throw, on every transport and in the middle of a stream too. */
export function useErrorMasking(logger: Logger): Plugin<RequestContext> {
  return {
    onPluginInit({ registerContextErrorHandler }) {
      registerContextErrorHandler(({ context, error, setError }) => {
        setError(maskError(error, { logger, requestId: (context as unknown as RequestContext).requestId }));
      });
    },
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

interface Payload {
  args: { contextValue: RequestContext };
  result: ExecutionResult;
  setResult: (result: ExecutionResult) => void;
}
