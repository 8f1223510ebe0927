import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { onReturn } from '../../../core/async/on-return.ts';

/**
 * Resolves each event of a subscription in a new context, because values that loaders cached for one event would be
 * stale for the next. An error of the source ends the stream with a last result that contains the error.
 */
export function useFreshContext(): Plugin {
  return { onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe) };
}

async function subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  return isAsyncIterable(source) ? resultsOf(source, args) : source;
}

function resultsOf(source: AsyncIterable<unknown>, args: ExecutionArgs): AsyncIterable<ExecutionResult> {
  const events = source[Symbol.asyncIterator]();
  return onReturn(read(), () => void events.return?.()); // also ends a pending next()

  async function* read() {
    try {
      for await (const event of { [Symbol.asyncIterator]: () => events })
        yield await resolveEvent(args, event);
    } catch (error) {
      yield { errors: [asGraphQLError(error)] };
    }
  }
}

async function resolveEvent(args: ExecutionArgs, event: unknown): Promise<ExecutionResult> {
  return execute({ ...args, rootValue: event, contextValue: { ...(args.contextValue as object) } });
}

function asGraphQLError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
