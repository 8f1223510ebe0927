import { GraphQLError, type ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin, type YogaInitialContext } from 'graphql-yoga';
import type { Context } from '../../../kernel/context.ts';
import type { AccessWatch } from '../../../modules/auth/access-watch.ts';

/** Ends a subscription over HTTP when the access of its viewer ends; its last result says why. */
export function useAccessWatch(access: AccessWatch): Plugin {
  return {
    onSubscribe: () => ({
      onSubscribeResult({ args, result, setResult }) {
        const { request, viewer } = args.contextValue as Partial<YogaInitialContext> & Context;
        // A WebSocket has no request; it is closed as a whole.
        if (!request || !viewer || !isAsyncIterable(result)) return;
        setResult(endingWith((onEnd) => access.watch(viewer, onEnd), result));
      },
    }),
  };
}

function endingWith(
  watch: Watch,
  results: AsyncIterable<ExecutionResult>,
): AsyncIterableIterator<ExecutionResult> {
  const iterator = results[Symbol.asyncIterator]();
  let reason: string | null = null;
  const unwatch = watch((ended) => {
    reason = ended;
    void iterator.return?.(); // which ends a pending next()
  });
  return {
    async next() {
      const result = await iterator.next();
      if (!result.done && !reason) return result;
      unwatch();
      if (!reason) return { done: true, value: undefined };
      const last = accessEnded(reason);
      reason = null;
      return { done: false, value: last };
    },
    async return() {
      unwatch();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function accessEnded(reason: string): ExecutionResult {
  const message = `${reason}. Sign in or refresh the session, and subscribe again after the last seq you have seen.`;
  return { errors: [new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } })] };
}

type Watch = (onEnd: (reason: string) => void) => () => void;
