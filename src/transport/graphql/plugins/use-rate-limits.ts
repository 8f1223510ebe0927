import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { Context, Services } from '../../../kernel/context.ts';
import { countInvalid, type RequestContext } from '../../request-context.ts';
import { maskError } from '../mask-error.ts';
import { rateClassesOf } from '../root-fields.ts';
import { documentOf, hasValidDocument } from './use-document.ts';

/**
 * Counts the root fields of each valid operation, and refuses the whole operation before anything is executed. Part of
 * building the context, because a caller is known by then, and because a failure there is an `error` message on
 * WebSocket and a response with its status over HTTP. A document that is not valid gets no context: over HTTP it is counted
 * as one request here, over WebSocket by the SocketServer.
 */
export function useRateLimits(services: Services): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context }) {
      const { params, ...caller } = context as unknown as Context & { params: GraphQLParams };
      await services.rateLimiter.take(caller, rateClassesOf(documentOf(context), params));
    },
    async onExecutionResult(answered) {
      if (hasValidDocument(answered.context)) return;
      const request = answered.context as unknown as RequestContext;
      try {
        await countInvalid(services, request);
      } catch (error) {
        answered.setResult({ errors: [maskError(error, { ...services, requestId: request.requestId })] });
      }
    },
  };
}
