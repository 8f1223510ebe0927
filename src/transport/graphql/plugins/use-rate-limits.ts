import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { Context } from '../../../kernel/context.ts';
import type { RateLimiter } from '../../../modules/limits/rate-limiter.ts';
import type { RequestContext } from '../../request-context.ts';
import { rateClassesOf } from '../root-fields.ts';
import { documentOf } from './use-document.ts';

/**
 * Counts the root fields of each valid operation, and refuses the whole operation before anything is executed. Part of
 * building the context, because a caller is known by then, and because a failure there is an `error` message on
 * WebSocket and a response with its status over HTTP.
 */
export function useRateLimits(limiter: RateLimiter): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context }) {
      const { params, ...caller } = context as unknown as Context & { params: GraphQLParams };
      await limiter.take(caller, rateClassesOf(documentOf(context), params));
    },
  };
}
