import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { Context, SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../../errors.ts';
import { requestIdOf } from '../request-id.ts';
import type { SessionWatch } from '../../modules/auth/sessions/session-watch.ts';
import { authenticate } from '../../modules/auth/sessions/sessions.ts';
import type { Services } from '../../kernel/context.ts';
import { credentialsFromSocket, type Credentials, type RequestContext } from '../request-context.ts';
import { isAllowed } from '../cors.ts';
import { maskError } from './mask-error.ts';

/**
 * GraphQL over WebSocket, protocol graphql-transport-ws. A socket belongs to a sign-in: it opens with an access
 * token and is closed when that access ends. Each operation on it is checked and limited like a request of its own;
 * what is wrong with one is told in an `error` message, and never closes the socket with all the others.
 */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: WebSocketServer;
  readonly #dispose: () => void | Promise<void>;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    const { dispose } = useServer<Record<string, unknown>, SocketState>(
      {
        isProd: true, // the reason of a close tells nothing of the inside
        onConnect: (socket) => this.#connect(socket),
        onSubscribe: (socket, _id, params) => this.#prepare(socket, params),
        execute: (args) => this.#run('execute', args),
        subscribe: (args) => this.#run('subscribe', args),
        onNext: (_socket, _id, _params, _args, result) => withoutInternals(result),
        onError: (_socket, _id, _params, errors) => errors.map(publicError),
        onClose: ({ extra }) => extra.unwatch?.(),
      },
      this.#server,
      PING_INTERVAL_MS,
    );
    this.#dispose = dispose;
    this.#server.on('connection', (socket) => {
      // In place of graphql-ws's listener, which writes to the console whatever a client does wrong.
      socket.removeAllListeners('error');
      socket.on('error', (error) =>
        options.services.logger.debug({ err: error }, 'a client broke the protocol'),
      );
      ignoreWriteErrors(socket);
    });
    this.#server.on('headers', (headers, request) => {
      headers.push(`X-Request-ID: ${requestIdOf(request.headers)}`);
    });
  }

  /** Takes a connection that asks to become a WebSocket. */
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

  /** Asks every client to come again, and waits a little for their goodbyes. */
  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.close(...CLOSE.restart);
    const killTimer = setTimeout(() => {
      for (const socket of this.#server.clients) socket.terminate();
    }, CLOSE_GRACE_MS);
    await this.#dispose();
    clearTimeout(killTimer);
  }

  async #connect({ connectionParams = {}, extra }: Socket): Promise<boolean> {
    const { socket, request } = extra;
    const credentials = credentialsFromSocket(connectionParams, request);
    if (!credentials.token) return refuse(socket, CLOSE.authRequired);
    const access = await this.#authenticate(credentials.token);
    if (access === 'UNAVAILABLE') return refuse(socket, CLOSE.tryAgainLater);
    if (!access) return refuse(socket, CLOSE.authFailed);
    if (socket.readyState !== socket.OPEN) return false;

    const end = (reason: string) => socket.close(CLOSE.authFailed[0], reason);
    extra.credentials = credentials;
    extra.unwatch = this.#options.sessions.watch(access.viewer, access.expiresAt, end);
    return true;
  }

  /** graphql-ws sets no limit to this wait, and closes for good when it throws. */
  async #authenticate(token: string) {
    const { services } = this.#options;
    const answered = new AbortController();
    const timeout = sleep(CONNECT_TIMEOUT_MS, 'UNAVAILABLE' as const, { signal: answered.signal });
    try {
      return await Promise.race([authenticate(services, token), timeout]);
    } catch (error) {
      if (!(error instanceof AppError))
        services.logger.error({ err: error }, 'a socket could not be authenticated');
      return 'UNAVAILABLE';
    } finally {
      answered.abort();
    }
  }

  async #prepare({ extra, subscriptions }: Socket, params: SubscribePayload) {
    const { yoga } = this.#options;
    const { credentials = NO_CREDENTIALS } = extra;
    const request: RequestContext = { requestId: randomUUID(), credentials };
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

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_OPERATIONS = 100;
const PING_INTERVAL_MS = 12_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_GRACE_MS = 1_000;

/** Clients come again after 1012, 1013 and 4403, and give up after 4401. */
const CLOSE = {
  restart: [1012, 'The server restarts'],
  tryAgainLater: [1013, 'Try again later'],
  authRequired: [4401, 'AUTH_REQUIRED'],
  authFailed: [4403, 'AUTH_FAILED'],
} as const;

const TOO_MANY_OPERATIONS = new GraphQLError(
  `A socket carries at most ${MAX_OPERATIONS} operations at once. Complete some, or open another socket.`,
  { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
);

const NO_CREDENTIALS: Credentials = { token: null, tenantId: null, userId: null };

/** A write to a client that has just gone is no fault of ours, as graphql-ws would report it; `close` ends the rest. */
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

/** What Yoga keeps in the extensions for HTTP only. */
function publicError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _http, unexpected: _unexpected, ...extensions } = {}, ...rest } =
    error.toJSON();
  return { ...rest, extensions };
}

export interface SocketServerOptions {
  yoga: YogaServerInstance<RequestContext, object>;
  services: Services;
  sessions: SessionWatch;
  /** Pages of these origins may connect, besides those of the server itself. */
  origins: readonly string[];
}

type Socket = Context<Record<string, unknown>, Extra & Partial<SocketState>>;

interface SocketState extends Record<PropertyKey, unknown> {
  credentials: Credentials;
  unwatch: () => void;
}

type Enveloped = Record<
  'execute' | 'subscribe',
  (args: ExecutionArgs) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>
>;
