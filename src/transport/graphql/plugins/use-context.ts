import type { Plugin } from 'graphql-yoga';
import type { Services } from '../../../kernel/context.ts';
import { createContext, type RequestContext } from '../../request-context.ts';

/** Finds out who asks, once per operation, and gives resolvers the services. */
export function useContext(services: Services): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context, extendContext }) {
      extendContext(await createContext(services, context));
    },
  };
}
