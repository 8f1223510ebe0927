import type { Plugin } from 'graphql-yoga';
import type { Services } from '../../../kernel/context.ts';
import { createContext, type RequestContext } from '../../request-context.ts';

/** Authenticates each operation once and provides the services to resolvers. */
export function useContext(services: Services): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context, extendContext }) {
      const created = await createContext(services, context);
      if (created.viewer) context.answer.userId = created.viewer.userId;
      extendContext(created);
    },
  };
}
