import type { Plugin } from 'graphql-yoga';
import type { Services } from '../../modules/context.ts';
import { createContext, type Request } from '../context.ts';

/** Finds out who asks, once per operation, and gives resolvers the services. */
export function useContext(services: Services): Plugin<Request> {
  return {
    async onContextBuilding({ context, extendContext }) {
      extendContext(await createContext(services, context));
    },
  };
}
