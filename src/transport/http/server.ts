import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../../../package.json' with { type: 'json' };
import { schema } from '../graphql/schema.ts';
import { createGraphQLServer, GRAPHQL_PATH } from '../graphql/server.ts';
import type { Services } from '../../kernel/context.ts';
import { health, readiness, type Probes } from './health.ts';
import { requestIdOf } from '../request-id.ts';

/** Everything that answers over the network, on one port. */
export function startServer(
  services: Services,
  settings: ServerSettings,
  probes: Omit<Probes, 'database'>,
): Server {
  const { environment, corsOrigins, isSchemaPublic } = settings;
  const graphql = createGraphQLServer({ schema, services, settings: { corsOrigins, isSchemaPublic } });
  return serve(services, {
    routes: {
      [GRAPHQL_PATH]: (request, response, requestId) => graphql.handle(request, response, requestId),
      '/health': health({ environment, version: packageJson.version }),
      '/ready': readiness({ ...probes, database: () => services.database.sql('SELECT 1') }),
    },
    sockets: { [GRAPHQL_PATH]: (request, connection, head) => graphql.upgrade(request, connection, head) },
    close: () => graphql.close(),
  });
}

/** A server over a table of routes: gives every request its id, and closes without cutting an answer off. */
export function serve({ logger }: Pick<Services, 'logger'>, { routes, sockets, close }: Routes): Server {
  const unanswered = new Set<ServerResponse>();
  const server = createServer(TIMEOUTS, (request, response) => {
    const requestId = requestIdOf(request.headers);
    response.setHeader('X-Request-ID', requestId);
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    answer(request, response, requestId).catch((error: unknown) => {
      logger.error({ err: error, requestId }, 'a request failed outside of its route');
      response.destroy();
    });
  });
  server.on('upgrade', (request, connection, head) => {
    connection.on('error', () => connection.destroy());
    const take = sockets[pathOf(request)];
    if (take && server.listening) take(request, connection, head);
    else connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    const route = routes[pathOf(request)];
    if (route) await route(request, response, requestId);
    else response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"Not found"}');
  }

  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      return server.address() as AddressInfo;
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : null;
      server.close();
      await close();
      const answers = [...unanswered].filter((response) => !isStream(response));
      const sent = Promise.all(answers.map((response) => once(response, 'close')));
      await Promise.race([sent, sleep(GRACE_MS, undefined, { ref: false })]);
      server.closeAllConnections(); // what is left are streams, which their readers take up elsewhere
      await closed;
    },
  };
}

/** A client that sends slowly, or not at all, holds a connection for no longer than this. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

/** How long answers under way may take when the server closes. */
const GRACE_MS = 5_000;

function pathOf(request: IncomingMessage): string {
  return URL.parse(request.url ?? '', 'http://any')?.pathname ?? '';
}

function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream');
}

export interface Server {
  listen(address: { host: string; port: number }): Promise<AddressInfo>;
  /** Stops taking requests, lets answers under way finish, ends sockets and streams. */
  close(): Promise<void>;
}

export interface ServerSettings {
  environment: string;
  corsOrigins: readonly string[];
  /** Introspection and GraphiQL. */
  isSchemaPublic: boolean;
}

export interface Routes {
  /** By their exact path. */
  routes: Record<string, (request: IncomingMessage, response: ServerResponse, requestId: string) => unknown>;
  sockets: Record<string, (request: IncomingMessage, connection: Duplex, head: Buffer) => void>;
  /** Ends what lives longer than a request. */
  close: () => Promise<void>;
}
