import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import { addressKey } from '../../../core/network/address-key.ts';
import { onReturn } from '../../../core/async/on-return.ts';
import type { AnswerBudget } from '../../../kernel/answer-size.ts';
import { clientOf } from '../../client.ts';
import { isOwnPage } from '../../cors.ts';
import { NO_CREDENTIALS } from '../../credentials.ts';
import { type Refusal, writeRefusal } from '../../http/refusal.ts';
import { NO_REFRESH_COOKIE } from '../../refresh-cookie.ts';
import { countInvalid, type RequestContext } from '../../request-context.ts';
import { requestIdOf } from '../../request-id.ts';
import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES, MAX_OPERATIONS } from '../limits.ts';
import { maskError } from '../mask-error.ts';
import { hasValidDocument } from '../plugins/use-document.ts';
import type { GraphQLSettings } from '../settings.ts';
import { CLOSE, CLOSE_GRACE_MS } from './close.ts';
import { closeOnFlood } from './flood.ts';
import {
  CONNECTION_INIT_TIMEOUT_MS,
  type Socket,
  SocketSignIn,
  type SocketSignInOptions,
  type SocketState,
} from './sign-in.ts';
import { closeWhenStalled, limitWrites } from './writes.ts';

/**
 * GraphQL over WebSocket with the protocol graphql-transport-ws. A socket requires credentials and is closed when their
 * access ends. Each operation is authenticated and limited like an HTTP request; an invalid operation is answered
 * with an `error` message and never closes the socket.
 */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #signIn: SocketSignIn;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
  });
  readonly #dispose: () => void | Promise<void>;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#signIn = new SocketSignIn(options);
    const { dispose } = useServer<Record<string, unknown>, SocketState>(
      this.#protocol(),
      this.#server,
      PING_INTERVAL_MS,
    );
    this.#dispose = dispose;
    this.#server.on('connection', (socket) => {
      this.#handleErrors(socket);
      closeOnFlood(socket);
    });
    this.#server.on('headers', (headers, request) => {
      headers.push(`X-Request-ID: ${requestIdOf(request.headers)}`);
    });
    this.#server.on('wsClientError', ({ message }, connection, request) => {
      writeRefusal(connection, { status: 400, message }, requestIdOf(request.headers));
    });
  }

  /** Upgrades a connection to a WebSocket, unless a page of another origin asks for it. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): Refusal | null {
    const { origin } = request.headers;
    const { origins } = this.#options.settings;
    // Clients that send no origin are no pages; a socket takes no cookies, so they must have credentials of their own.
    if (origin !== undefined && !isOwnPage(request.headers) && !origins.allows(origin)) return FOREIGN_PAGE;
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      closeWhenStalled(socket, connection);
      if (this.#signIn.admit(socket, request)) this.#server.emit('connection', socket, request);
      else this.#handleErrors(socket);
    });
    return null;
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
      connectionInitWaitTimeout: CONNECTION_INIT_TIMEOUT_MS,
      onConnect: (socket) => this.#signIn.signIn(socket),
      onSubscribe: (socket, _id, params) => this.#prepare(socket, params),
      execute: (args) => this.#run('execute', args),
      subscribe: (args) => this.#run('subscribe', args),
      onNext: (_socket, _id, _params, _args, result) => withoutInternals(result),
      onError: (_socket, _id, _params, errors) => errors.map(publicError),
    };
  }

  /** Replaces the error listener of graphql-ws, which writes every client error to the console. */
  #handleErrors(socket: WebSocket): void {
    socket.removeAllListeners('error');
    socket.on('error', (error) =>
      this.#options.services.logger.debug({ err: error }, 'WebSocket protocol error'),
    );
    limitWrites(socket);
    nameSizeLimit(socket);
  }

  async #prepare({ extra, subscriptions }: Socket, params: SubscribePayload) {
    const { settings, services } = this.#options;
    const { credentials = NO_CREDENTIALS } = extra;
    const client = clientOf(extra.request, settings.trustedProxies);
    const request: RequestContext = {
      requestId: randomUUID(),
      client,
      credentials,
      refreshCookie: NO_REFRESH_COOKIE,
      answer: this.#options.answers.open(MAX_MESSAGE_BYTES, addressKey(client.address)),
    };
    if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [TOO_MANY_OPERATIONS];
    await nextTurn(extra);
    const context = { ...request, params };
    const masked = (error: unknown) => [this.#mask(error, request)];
    const prepared = await this.#argsOf(context).catch(masked);
    return hasValidDocument(context)
      ? prepared
      : countInvalid(services, request).then(() => prepared, masked);
  }

  /** What is executed, or the problems of the document. Errors: those of parsing it and of building its context. */
  async #argsOf(context: RequestContext & { params: SubscribePayload }) {
    const { schema, parse, validate, contextFactory, execute, subscribe } =
      this.#options.yoga.getEnveloped(context);
    const { query, operationName, variables: variableValues } = context.params;
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return errors;
    const contextValue = await contextFactory();
    const rootValue = { execute, subscribe };
    return { schema, document, operationName, variableValues, contextValue, rootValue };
  }

  async #run(
    how: 'execute' | 'subscribe',
    args: ExecutionArgs,
  ): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
    try {
      const result = await (args.rootValue as Enveloped)[how](args);
      return how === 'execute'
        ? untilSent(result as ExecutionResult, args.contextValue as RequestContext)
        : result;
    } catch (error) {
      return { errors: [this.#mask(error, args.contextValue as RequestContext)] };
    }
  }

  #mask(error: unknown, { requestId }: RequestContext): GraphQLError {
    return maskError(error, { requestId, logger: this.#options.services.logger });
  }
}

const PING_INTERVAL_MS = 12_000;

const FOREIGN_PAGE: Refusal = {
  status: 403,
  message:
    'Pages of this origin may not open WebSockets. If the page is yours, add its origin to CORS_ORIGINS.',
};

const TOO_MANY_OPERATIONS = new GraphQLError(
  `A socket can run at most ${MAX_OPERATIONS} operations at the same time. Complete some, or open another socket.`,
  { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
);

/** Waits until the event loop has served others, so that the operations of one socket do not follow each other at once. */
async function nextTurn(extra: Partial<SocketState>): Promise<void> {
  const turn = (extra.lastTurn ?? Promise.resolve()).then(() => immediate());
  extra.lastTurn = turn;
  await turn;
}

/** Gives one result. graphql-ws asks for another one after it has sent the first. */
function untilSent(result: ExecutionResult, { answer }: RequestContext): AsyncGenerator<ExecutionResult> {
  return onReturn(once(), () => answer.close());

  async function* once() {
    try {
      yield result;
    } finally {
      answer.close();
    }
  }
}

/** ws closes without a reason when a message is too large. */
function nameSizeLimit(socket: WebSocket): void {
  const close = socket.close.bind(socket);
  const [tooLarge, reason] = CLOSE.tooLarge;
  socket.close = (code, given) => close(code, code === tooLarge ? reason : given);
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

export interface SocketServerOptions extends SocketSignInOptions {
  yoga: YogaServerInstance<RequestContext, object>;
  answers: AnswerBudget;
  settings: GraphQLSettings;
}

type ProtocolOptions = Parameters<typeof useServer<Record<string, unknown>, SocketState>>[0];

type Enveloped = Record<
  'execute' | 'subscribe',
  (args: ExecutionArgs) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>
>;
