import packageJson from '../../package.json' with { type: 'json' };
import { NetworkList } from '../core/network/address.ts';
import type { Services } from '../kernel/context.ts';
import { OriginPolicy } from './cors.ts';
import { schema } from './graphql/schema.ts';
import { createGraphQLServer } from './graphql/server.ts';
import { accountExport } from './http/account-export.ts';
import { approvalDecisions } from './http/approval-decisions.ts';
import { health, readiness, type Probes } from './http/health.ts';
import { Router, type Route } from './http/router.ts';
import { HttpServer } from './http/server.ts';

/** Creates the HTTP server with all routes of the API, on one port. */
export function createServer(
  services: Services,
  settings: ServerSettings,
  probes: Omit<Probes, 'database'>,
): HttpServer {
  const { environment, isSchemaPublic } = settings;
  const isProduction = environment === 'production';
  const origins = new OriginPolicy({
    origins: settings.corsOrigins,
    isAnyLocalhostAllowed: !isProduction,
  });
  const trustedProxies = new NetworkList(settings.trustedProxies);
  const graphql = createGraphQLServer({
    schema,
    services,
    settings: { origins, trustedProxies, isSchemaPublic, isProduction },
  });
  const routes: Route[] = [
    graphql.route,
    accountExport(services, { trustedProxies }),
    ...approvalDecisions(services, { trustedProxies }),
    {
      path: '/health',
      handle: health({ environment, version: packageJson.version }),
      ...PROBE,
    },
    {
      path: '/ready',
      handle: readiness({ ...probes, database: () => services.database.sql('SELECT 1') }),
      ...PROBE,
    },
  ];
  return new HttpServer({
    router: new Router({ routes, origins, allowedHosts: settings.allowedHosts }),
    logger: services.logger,
    onClose: () => graphql.close(),
  });
}

const PROBE = {
  cors: { methods: ['GET', 'OPTIONS'], requestHeaders: ['X-Request-ID'], responseHeaders: ['X-Request-ID'] },
  isForAnyHost: true,
} as const;

export interface ServerSettings {
  environment: string;
  /** Origins of web pages that may call the API; outside production, so may pages of localhost. */
  corsOrigins: readonly string[];
  /** Names for which the server answers, besides those of loopback. Null: all. */
  allowedHosts: readonly string[] | null;
  /** Addresses and CIDR ranges of proxies whose forwarded headers are believed. */
  trustedProxies: readonly string[];
  /** Enables introspection and GraphiQL. */
  isSchemaPublic: boolean;
}
