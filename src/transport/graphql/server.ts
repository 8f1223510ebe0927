import type { ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { AccessWatch } from '../../modules/auth/access-watch.ts';
import { AnswerBudget, type AnswerSize } from '../../kernel/answer-size.ts';
import { addressKey } from '../../core/network/address-key.ts';
import type { Client, Services } from '../../kernel/context.ts';
import { clientOf } from '../client.ts';
import { credentialsFromHeaders } from '../credentials.ts';
import type { Route } from '../http/router.ts';
import { REFRESH_HEADER, refreshCookie } from '../refresh-cookie.ts';
import type { RequestContext } from '../request-context.ts';
import type { CorsRules } from '../cors.ts';
import { GRAPHIQL, renderGraphiQL } from './graphiql.ts';
import {
  MAX_ANSWER_BYTES,
  MAX_BODY_BYTES,
  MAX_BYTES_IN_FLIGHT,
  MAX_BYTES_IN_FLIGHT_OF_CALLER,
} from './limits.ts';
import { maskError } from './mask-error.ts';
import type { GraphQLSettings } from './settings.ts';
import { useAnswerSize } from './plugins/use-answer-size.ts';
import { useAccessWatch } from './plugins/use-access-watch.ts';
import { useContext } from './plugins/use-context.ts';
import { useDocument } from './plugins/use-document.ts';
import { useErrorMasking } from './plugins/use-error-masking.ts';
import { useFreshContext } from './plugins/use-fresh-context.ts';
import { useIntrospectionGate } from './plugins/use-introspection-gate.ts';
import { useJsonOnly } from './plugins/use-json-only.ts';
import { useLimits } from './plugins/use-limits.ts';
import { useRateLimits } from './plugins/use-rate-limits.ts';
import { useResponseHeaders } from './plugins/use-response-headers.ts';
import { SocketServer } from './socket/socket-server.ts';

export const GRAPHQL_PATH = '/graphql';

/** Creates the GraphQL server: HTTP, SSE and WebSocket on one path with the same plugins. */
export function createGraphQLServer({ schema, services, settings }: GraphQLServerOptions): GraphQLServer {
  const { logger } = services;
  const access = new AccessWatch(services);
  const answers = new AnswerBudget({
    maxBytes: MAX_BYTES_IN_FLIGHT,
    maxBytesOfCaller: MAX_BYTES_IN_FLIGHT_OF_CALLER,
  });
  const yoga = createYoga<RequestContext>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    landingPage: false,
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    cors: false, // the router answers it
    graphiql: settings.isSchemaPublic && GRAPHIQL,
    renderGraphiQL,
    logging: false,
    // Masks errors that use-error-masking never sees: those of Yoga itself, before a context exists.
    maskedErrors: { maskError: (error) => maskError(error, { logger }) },
    plugins: [
      useJsonOnly(),
      useResponseHeaders(),
      settings.isSchemaPublic ? {} : useIntrospectionGate(),
      useLimits(),
      useDocument(),
      useContext(services),
      useRateLimits(services),
      useFreshContext(),
      useAccessWatch(access),
      useAnswerSize(),
      useErrorMasking(logger),
    ],
  });
  const cookieSettings = { ...settings, path: GRAPHQL_PATH };
  const sockets = new SocketServer({ yoga, services, access, answers, settings });
  return {
    route: {
      path: GRAPHQL_PATH,
      cors: CORS,
      handle: (request, response, requestId) => {
        const client = clientOf(request, settings.trustedProxies);
        return yoga(request, response, {
          requestId,
          client,
          credentials: credentialsFromHeaders(request.headers),
          refreshCookie: refreshCookie(request, response, cookieSettings),
          answer: answerOf(response, answers, client),
        });
      },
      upgrade: (request, connection, head) => sockets.upgrade(request, connection, head),
    },
    async close() {
      await sockets.close();
      access.close();
      await yoga.dispose();
    },
  };
}

/** Counts an answer until its last byte is sent. */
function answerOf(response: ServerResponse, answers: AnswerBudget, { address }: Client): AnswerSize {
  const answer = answers.open(MAX_ANSWER_BYTES, addressKey(address));
  response.once('close', () => answer.close());
  return answer;
}

const CORS: CorsRules = {
  methods: ['GET', 'POST', 'OPTIONS'],
  requestHeaders: [
    'Authorization',
    'Content-Type',
    REFRESH_HEADER,
    'X-API-Key',
    'X-Request-ID',
    'X-Tenant-ID',
    'X-User-ID',
  ],
  responseHeaders: ['X-Request-ID', 'Retry-After', 'WWW-Authenticate'],
  hasCookies: true,
};

export interface GraphQLServer {
  route: Route;
  /** Closes all WebSockets with a code that makes clients reconnect. */
  close(): Promise<void>;
}

export interface GraphQLServerOptions {
  schema: GraphQLSchema;
  services: Services;
  settings: GraphQLSettings;
}
