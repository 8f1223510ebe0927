import packageJson from '../../package.json' with { type: 'json' };
import type { Services } from '../kernel/context.ts';
import { schema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/server.ts';
import { accountExport } from './http/account-export.ts';
import { health, readiness, type Probes } from './http/health.ts';
import { Router, type Route } from './http/router.ts';
import { HttpServer } from './http/server.ts';

/** Creates the HTTP server with all routes of the API, on one port. */
export function createServer(
  services: Services,
  settings: ServerSettings,
  probes: Omit<Probes, 'database'>,
): HttpServer {
  const { environment, corsOrigins, isSchemaPublic } = settings;
  const isProduction = environment === 'production';
  const graphql = createGraphQLServer({
    schema,
    services,
    settings: { corsOrigins, isSchemaPublic, isProduction },
  });
  const routes: Route[] = [
    graphql.route,
    accountExport(services),
    { path: '/health', handle: health({ environment, version: packageJson.version }) },
    {
      path: '/ready',
      handle: readiness({ ...probes, database: () => services.database.sql('SELECT 1') }),
    },
  ];
  return new HttpServer({
    router: new Router(routes),
    logger: services.logger,
    onClose: () => graphql.close(),
  });
}

export interface ServerSettings {
  environment: string;
  corsOrigins: readonly string[];
  /** Enables introspection and GraphiQL. */
  isSchemaPublic: boolean;
}
