import type { Plugin } from 'graphql-yoga';
import type { Services } from '../../../kernel/context.ts';
import { createContext, type RequestContext } from '../../request-context.ts';
import { operationTypeOf } from './use-document.ts';

/**
 * Authenticates each operation once and provides the services to resolvers. A mutation may have ended somebody's access:
 * before it is answered, this process forgets whom it has checked.
 */
export function useContext(services: Services): Plugin<RequestContext> {
  return {
    async onContextBuilding({ context, extendContext }) {
      const check = operationTypeOf(context) === 'query' ? 'RECENT' : 'NOW';
      const created = await createContext(services, context, check);
      if (created.viewer) context.answer.caller = created.viewer.userId;
      extendContext(created);
    },
    onExecute({ args }) {
      if (operationTypeOf(args.contextValue as object) !== 'mutation') return undefined;
      return { onExecuteDone: () => services.checkedCredentials.clear() };
    },
  };
}
