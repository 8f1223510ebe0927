import {
  createSourceEventStream,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { onReturn } from '../../../core/async/on-return.ts';
import type { AnswerSize } from '../../../kernel/answer-size.ts';
import type { RequestContext } from '../../request-context.ts';
import { MAX_MESSAGE_BYTES } from '../limits.ts';

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
      for await (const event of { [Symbol.asyncIterator]: () => events }) {
        const answer = (args.contextValue as RequestContext).answer.next(MAX_MESSAGE_BYTES);
        try {
          const result = await resolveEvent(args, event, answer);
          if (answer.problem) throw answer.problem; // going on with the next event would leave a gap
          yield result;
        } finally {
          answer.close(); // the reader has taken the event: it asks for the next one
        }
      }
    } catch (error) {
      yield { errors: [asGraphQLError(error)] };
    }
  }
}

async function resolveEvent(
  args: ExecutionArgs,
  event: unknown,
  answer: AnswerSize,
): Promise<ExecutionResult> {
  return execute({ ...args, rootValue: event, contextValue: { ...(args.contextValue as object), answer } });
}

function asGraphQLError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
