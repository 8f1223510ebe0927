import type { GraphQLSchema } from 'graphql';
import { NetworkList } from '../../src/core/network/address.ts';
import { OriginPolicy } from '../../src/transport/cors.ts';
import { createGraphQLServer, GRAPHQL_PATH } from '../../src/transport/graphql/server.ts';
import { Router } from '../../src/transport/http/router.ts';
import { HttpServer } from '../../src/transport/http/server.ts';
import type { TestApp } from './app.ts';

/** Serves another schema with the transports of the app. */
export async function serveSchema(app: TestApp, schema: GraphQLSchema): Promise<SchemaServer> {
  const origins = new OriginPolicy({ origins: [], isAnyLocalhostAllowed: false });
  const graphql = createGraphQLServer({
    schema,
    services: app.services,
    settings: { origins, trustedProxies: new NetworkList([]), isSchemaPublic: true, isProduction: false },
  });
  const server = new HttpServer({
    router: new Router({ routes: [graphql.route], origins, allowedHosts: null }),
    logger: app.services.logger,
    onClose: () => graphql.close(),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return { address: `127.0.0.1:${port}${GRAPHQL_PATH}`, close: () => server.close() };
}

export interface SchemaServer {
  /** Without the URL scheme. */
  address: string;
  close(): Promise<void>;
}
