import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { Context, SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import { withTimeLimit } from '../../core/async/time-limit.ts';
import { AppError, UnauthenticatedError } from '../../errors.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { Services } from '../../kernel/context.ts';
import type { AccessWatch } from '../../modules/auth/access-watch.ts';
import { authenticate } from '../../modules/auth/authenticators.ts';
import { clientOf } from '../client.ts';
import { isAllowed } from '../cors.ts';
import { credentialsFromSocket, NO_CREDENTIALS, type RequestCredentials } from '../credentials.ts';
import { NO_REFRESH_COOKIE } from '../refresh-cookie.ts';
import type { RequestContext } from '../request-context.ts';
import { requestIdOf } from '../request-id.ts';
import { maskError } from './mask-error.ts';

/**
 * GraphQL over WebSocket with the protocol graphql-transport-ws. A socket requires an access token and is closed when
 * that access ends. Each operation is authenticated and limited like an HTTP request; an invalid operation is answered
 * with an `error` message and never closes the socket.
 */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  readonly #dispose: () => void | Promise<void>;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    const { dispose } = useServer<Record<string, unknown>, SocketState>(
      this.#protocol(),
      this.#server,
      PING_INTERVAL_MS,
    );
    this.#dispose = dispose;
    this.#server.on('connection', (socket) => this.#handleErrors(socket));
    this.#server.on('headers', (headers, request) => {
      headers.push(`X-Request-ID: ${requestIdOf(request.headers)}`);
    });
  }

  /** Upgrades a connection to a WebSocket; refuses pages of unknown origins with 403. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const { origin, host } = request.headers;
    const isOwnPage = origin !== undefined && URL.parse(origin)?.host === host;
    if (origin !== undefined && !isOwnPage && !isAllowed(this.#options.origins, origin)) {
      connection.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      this.#server.emit('connection', socket, request);
    });
  }

  /** Asks every client to reconnect, and terminates sockets that do not close within a second. */
  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.close(...CLOSE.restart);
    const killTimer = setTimeout(() => {
      for (const socket of this.#server.clients) socket.terminate();
    }, CLOSE_GRACE_MS);
    await this.#dispose();
    clearTimeout(killTimer);
  }

  #protocol(): ProtocolOptions {
    return {
      isProd: true, // close reasons then carry no internal error messages
      onConnect: (socket) => this.#connect(socket),
      onSubscribe: (socket, _id, params) => this.#prepare(socket, params),
      execute: (args) => this.#run('execute', args),
      subscribe: (args) => this.#run('subscribe', args),
      onNext: (_socket, _id, _params, _args, result) => withoutInternals(result),
      onError: (_socket, _id, _params, errors) => errors.map(publicError),
      onClose: ({ extra }) => extra.unwatch?.(),
    };
  }

  /** Replaces the error listener of graphql-ws, which writes every client error to the console. */
  #handleErrors(socket: WebSocket): void {
    socket.removeAllListeners('error');
    socket.on('error', (error) =>
      this.#options.services.logger.debug({ err: error }, 'WebSocket protocol error'),
    );
    ignoreWriteErrors(socket);
  }

  async #connect({ connectionParams, extra }: Socket): Promise<boolean> {
    const { socket, request } = extra;
    const credentials = credentialsFromSocket(connectionParams, request, { isTokenInUrlAllowed: true });
    const viewer = await this.#authenticate(credentials);
    if (viewer === 'UNAVAILABLE') return refuse(socket, CLOSE.tryAgainLater);
    if (viewer === 'REFUSED') return refuse(socket, CLOSE.authFailed);
    if (viewer === null) return refuse(socket, CLOSE.authRequired);
    if (socket.readyState !== socket.OPEN) return false;

    extra.credentials = credentials;
    extra.unwatch = this.#options.access.watch(viewer, (reason) => socket.close(CLOSE.authFailed[0], reason));
    return true;
  }

  /** Has its own time limit because graphql-ws sets none. Never throws: graphql-ws would close with a fatal code. */
  async #authenticate(credentials: RequestCredentials): Promise<Viewer | null | 'REFUSED' | 'UNAVAILABLE'> {
    const { logger, authenticators } = this.#options.services;
    try {
      return await withTimeLimit(
        authenticate(authenticators, credentials),
        CONNECT_TIMEOUT_MS,
        'UNAVAILABLE',
      );
    } catch (error) {
      if (error instanceof UnauthenticatedError) return 'REFUSED';
      if (!(error instanceof AppError)) logger.error({ err: error }, 'WebSocket authentication failed');
      return 'UNAVAILABLE';
    }
  }

  async #prepare({ extra, subscriptions }: Socket, params: SubscribePayload) {
    const { yoga } = this.#options;
    const { credentials = NO_CREDENTIALS } = extra;
    const request: RequestContext = {
      requestId: randomUUID(),
      client: clientOf(extra.request),
      credentials,
      refreshCookie: NO_REFRESH_COOKIE,
    };
    if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [TOO_MANY_OPERATIONS];
    try {
      const { schema, parse, validate, contextFactory, execute, subscribe } = yoga.getEnveloped({
        ...request,
        params,
      });
      const document = parse(params.query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      return {
        schema,
        document,
        operationName: params.operationName,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
    } catch (error) {
      return [this.#mask(error, request)];
    }
  }

  async #run(
    how: 'execute' | 'subscribe',
    args: ExecutionArgs,
  ): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
    try {
      return await (args.rootValue as Enveloped)[how](args);
    } catch (error) {
      return { errors: [this.#mask(error, args.contextValue as RequestContext)] };
    }
  }

  #mask(error: unknown, { requestId }: RequestContext): GraphQLError {
    return maskError(error, { requestId, logger: this.#options.services.logger });
  }
}

export const MAX_MESSAGE_BYTES = 256 * 1024;
export const MAX_OPERATIONS = 100;
const PING_INTERVAL_MS = 12_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_GRACE_MS = 1_000;

/** Code and reason of each close by the server. Clients reconnect after 1012, 1013 and 4403, but not after 4401. */
export const CLOSE = {
  restart: [1012, 'Server is restarting'],
  tryAgainLater: [1013, 'Try again later'],
  authRequired: [4401, 'AUTH_REQUIRED'],
  authFailed: [4403, 'AUTH_FAILED'],
} as const;

const TOO_MANY_OPERATIONS = new GraphQLError(
  `A socket can run at most ${MAX_OPERATIONS} operations at the same time. Complete some, or open another socket.`,
  { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
);

/** A write to a socket that has just closed is not an error, but graphql-ws would report it; `close` does the cleanup. */
function ignoreWriteErrors(socket: WebSocket): void {
  const send = socket.send.bind(socket) as (message: string, sent: () => void) => void;
  socket.send = ((message: string, sent: () => void) => send(message, () => sent())) as WebSocket['send'];
}

function refuse(socket: WebSocket, [code, reason]: readonly [number, string]): false {
  socket.close(code, reason);
  return false;
}

function withoutInternals({ errors, ...result }: ExecutionResult) {
  return errors ? { ...result, errors: errors.map(publicError) } : result;
}

/** Removes the extensions that Yoga uses internally for HTTP. */
function publicError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _http, unexpected: _unexpected, ...extensions } = {}, ...rest } =
    error.toJSON();
  return { ...rest, extensions };
}

export interface SocketServerOptions {
  yoga: YogaServerInstance<RequestContext, object>;
  services: Services;
  access: AccessWatch;
  /** Origins whose pages may connect, in addition to the server's own origin. */
  origins: readonly string[];
}

type ProtocolOptions = Parameters<typeof useServer<Record<string, unknown>, SocketState>>[0];

type Socket = Context<Record<string, unknown>, Extra & Partial<SocketState>>;

interface SocketState extends Record<PropertyKey, unknown> {
  credentials: RequestCredentials;
  unwatch: () => void;
}

type Enveloped = Record<
  'execute' | 'subscribe',
  (args: ExecutionArgs) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>
>;
