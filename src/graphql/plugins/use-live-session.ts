import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AppError } from '../../errors.ts';
import type { SessionWatch } from '../../modules/auth/session-watch.ts';
import type { GraphQLContext } from '../context.ts';
import { maskError } from '../mask-error.ts';

/** Ends a subscription over HTTP, with a last result that says why, when the viewer's access ends. */
export function useLiveSession(sessions: SessionWatch): Plugin<object, object, GraphQLContext> {
  return {
    onSubscribe: () => ({
      onSubscribeResult({ args, result, setResult }) {
        const context = args.contextValue;
        // A WebSocket is closed as a whole.
        if (context.request && isAsyncIterable(result)) setResult(endingWithSession(result, context, sessions));
      },
    }),
  };
}
