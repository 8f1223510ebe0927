import { GraphQLError, type ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin, type YogaInitialContext } from 'graphql-yoga';
import { onReturn } from '../../../core/async/on-return.ts';
import type { Context } from '../../../kernel/context.ts';
import type { AccessEnd, AccessWatch } from '../../../modules/auth/access-watch.ts';

/** Ends a subscription over HTTP when the access of its viewer ends; the last result contains the reason. */
export function useAccessWatch(access: AccessWatch): Plugin {
  return {
    onSubscribe: () => ({
      onSubscribeResult({ args, result, setResult }) {
        const { request, viewer } = args.contextValue as Partial<YogaInitialContext> & Context;
        // An operation over WebSocket has no request; the SocketServer closes the whole socket instead.
        if (!request || !viewer || !isAsyncIterable(result)) return;
        setResult(endingWith((onEnd) => access.watch(viewer, onEnd), result));
      },
    }),
  };
}

function endingWith(watch: Watch, results: AsyncIterable<ExecutionResult>): Results {
  const iterator = results[Symbol.asyncIterator]();
  const leave = () => void iterator.return?.(); // also ends a pending next()
  let end: AccessEnd | null = null;
  const unwatch = watch((ended) => {
    end = ended;
    leave();
  });
  return onReturn(read(), () => {
    unwatch();
    leave();
  });

  async function* read() {
    try {
      for await (const result of { [Symbol.asyncIterator]: () => iterator }) {
        if (end) break;
        yield result;
      }
      if (end) yield accessEnded(end);
    } finally {
      unwatch();
    }
  }
}

function accessEnded({ reason, message: what }: AccessEnd): ExecutionResult {
  const message = `${what}. Sign in or refresh the session, then subscribe again with the last seq you received as after.`;
  return { errors: [new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED', reason } })] };
}

type Results = AsyncGenerator<ExecutionResult, void, undefined>;
type Watch = (onEnd: (end: AccessEnd) => void) => () => void;
