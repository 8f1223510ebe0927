import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Context as SocketContext, SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../errors.ts';
import { requestIdOf } from '../http/request-id.ts';
import type { SessionWatch } from '../modules/auth/session-watch.ts';
import { authenticate } from '../modules/auth/sessions.ts';
import type { Services } from '../modules/context.ts';
import { credentialsFromSocket, type Credentials, type RequestContext } from './context.ts';
import { isAllowed } from './cors.ts';
import { maskError } from './mask-error.ts';

/**
 * GraphQL over WebSocket, protocol graphql-transport-ws. A socket belongs to a sign-in: it opens with an access
 * token and is closed when that access ends. Each operation on it is checked and limited like a request of its own;
 * what is wrong with one is told in an `error` message, and never closes the socket with all the others.
 */
export function createSocketServer({ yoga, services, sessions, origins }: SocketServerOptions): SocketServer {
  const { logger } = services;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const server = useServer<Record<string, unknown>, SocketState>(
    {
      isProd: true, // the reason of a close tells nothing of the inside
      onConnect: connect,
      onSubscribe: prepare,
      execute: (args) => run(args, 'execute'),
      subscribe: (args) => run(args, 'subscribe'),
      onNext: (_socket, _id, _payload, _args, result) => withoutInternals(result),
      onError: (_socket, _id, _payload, errors) => withoutInternals({ errors }).errors,
      onClose: ({ extra }) => extra.unwatch?.(),
    },
    sockets,
    PING_INTERVAL_MS,
  );
  sockets.on('connection', (socket) => {
    // In place of graphql-ws's own listener, which writes whatever a client does wrong to the console.
    socket.removeAllListeners('error').on('error', (err) => logger.debug({ err }, 'a client broke the protocol'));
  });
  sockets.on('headers', (headers, request) => headers.push(`X-Request-ID: ${requestIdOf(request.headers)}`));

  async function connect({ connectionParams = {}, extra }: Socket): Promise<boolean> {
    const { socket, request } = extra;
    const credentials = credentialsFromSocket(connectionParams, request);
    if (!credentials.token) return refuse(socket, CLOSE.authRequired);
    const access = await authenticateInTime(credentials.token);
    if (access === 'UNAVAILABLE') return refuse(socket, CLOSE.tryAgainLater);
    if (!access) return refuse(socket, CLOSE.authFailed);
    if (socket.readyState !== socket.OPEN) return false;
    extra.credentials = credentials;
    extra.unwatch = sessions.watch(access.viewer, access.expiresAt, (reason) => {
      refuse(socket, { ...CLOSE.authFailed, reason });
    });
    return true;
  }

  async function authenticateInTime(token: string) {
    const timeout = new AbortController();
    try {
      const unavailable = sleep(CONNECT_TIMEOUT_MS, 'UNAVAILABLE' as const, { signal: timeout.signal });
      return await Promise.race([authenticate(services, token), unavailable]);
    } catch (error) {
      if (!(error instanceof AppError)) logger.error({ err: error }, 'a socket could not be authenticated');
      return 'UNAVAILABLE';
    } finally {
      timeout.abort();
    }
  }

  async function prepare({ extra, subscriptions }: Socket, _id: string, params: SubscribePayload) {
    if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooManyOperations()];
    const request: RequestContext = { requestId: randomUUID(), credentials: extra.credentials ?? NO_CREDENTIALS };
    try {
      const { schema, parse, validate, contextFactory, execute, subscribe } = yoga.getEnveloped({ ...request, params });
      const document = parse(params.query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      const { operationName, variables: variableValues } = params;
      const rootValue = { execute, subscribe };
      return { schema, document, operationName, variableValues, rootValue, contextValue: await contextFactory() };
    } catch (error) {
      return [maskError(error, { logger, requestId: request.requestId })];
    }
  }

  async function run(args: ExecutionArgs, how: 'execute' | 'subscribe') {
    try {
      return await (args.rootValue as Record<typeof how, (args: ExecutionArgs) => ReturnType<Execute>>)[how](args);
    } catch (error) {
      const { requestId } = args.contextValue as RequestContext;
      return { errors: [maskError(error, { logger, requestId })] };
    }
  }
}
