import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/**
 * Resolves every event of a subscription in a context of its own: what loaders have cached for one event would be
 * stale for the next. What the source throws ends the stream with one last result that says so.
 */
export function useFreshContext(): Plugin {
  return { onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe) };
}

async function subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  return isAsyncIterable(source) ? resultsOf(source, args) : source;
}

function resultsOf(
  source: AsyncIterable<unknown>,
  args: ExecutionArgs,
): AsyncIterableIterator<ExecutionResult> {
  const events = source[Symbol.asyncIterator]();
  let failed = false;
  return {
    async next() {
      if (failed) return ENDED;
      try {
        const event = await events.next();
        return event.done ? ENDED : { done: false, value: await resolveEvent(args, event.value) };
      } catch (error) {
        failed = true;
        return { done: false, value: { errors: [asGraphQLError(error)] } };
      }
    },
    async return() {
      await events.return?.();
      return ENDED;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const ENDED = { done: true, value: undefined } as const;

async function resolveEvent(args: ExecutionArgs, event: unknown): Promise<ExecutionResult> {
  return execute({ ...args, rootValue: event, contextValue: { ...(args.contextValue as object) } });
}

function asGraphQLError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
