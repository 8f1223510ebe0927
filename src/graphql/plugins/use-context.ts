import type { Plugin } from 'graphql-yoga';
import type { Services } from '../../modules/context.ts';
import { createContext, type RequestContext } from '../context.ts';

/** Finds out who asks, once per operation, and gives resolvers the services. */
export function useContext(services: Services): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context, extendContext }) {
      extendContext(await createContext(services, context));
    },
  };
}
