import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Talks to the API as any client would: documents over HTTP, and over WebSockets that it opens. */
export class ApiClient {
  /** Signs the caller in, once there is one. */
  accessToken: string | null;
  readonly #url: URL;
  readonly #signal: AbortSignal;

  /** An abort of `signal` ends every request and every connection. */
  constructor(
    origin: string,
    { accessToken = null, signal = new AbortController().signal }: ClientOptions = {},
  ) {
    this.#url = new URL('/graphql', origin);
    this.accessToken = accessToken;
    this.#signal = signal;
  }

  /** Errors: when the answer holds any. */
  async request<Data, Variables>(document: Document<Data, Variables>, variables: Variables): Promise<Data> {
    return dataOf(await this.send(document, variables));
  }

  /** Gives the answer as it is. */
  async send<Data, Variables>(
    document: Document<Data, Variables>,
    variables: Variables,
    headers: Record<string, string> = {},
  ): Promise<Answer<Data>> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(this.accessToken && { authorization: `Bearer ${this.accessToken}` }),
        ...headers,
      },
      body: JSON.stringify({ query: textOf(document), variables }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const body = (await response.json()) as Pick<Answer<Data>, 'data' | 'errors'>;
    return { status: response.status, headers: response.headers, ...body };
  }

  /** A graphql-ws client that does not come again by itself, for those who want its callbacks. */
  socket(options: Partial<SocketOptions> = {}): Client {
    const url = new URL(this.#url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const { accessToken } = this;
    return createClient({
      url: url.href,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: accessToken ? { authorization: `Bearer ${accessToken}` } : {},
      ...options,
    });
  }

  /** A WebSocket of its own, opened by its first subscription. */
  connect(): Connection {
    return new Connection((on) => this.socket({ on }), this.#signal);
  }
}

/** One WebSocket with its subscriptions. It does not come again by itself: how to go on is the reader's to say. */
export class Connection {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  #socket: WebSocket | null = null;
  #isCut = false;

  constructor(open: (on: SocketOptions['on']) => Client, signal: AbortSignal) {
    this.#signal = signal;
    this.#client = open({ opened: (socket) => (this.#socket = socket as WebSocket) });
    signal.addEventListener('abort', this.#drop, { once: true });
  }

  /** The events until the server completes, or until this connection is cut. */
  async *subscribe<Data, Variables extends Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables: Variables,
  ): AsyncGenerator<Data> {
    const results = this.#client.iterate<Data>({ query: textOf(document), variables });
    try {
      for await (const result of results) yield dataOf(result as Result<Data>);
    } catch (problem) {
      this.#signal.throwIfAborted();
      if (!this.#isCut) throw asError(problem);
    }
  }

  /** Ends the TCP connection without a goodbye, as a lost network would. */
  cut(): void {
    this.#isCut = true;
    this.#drop();
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#drop);
    await this.#client.dispose();
  }

  readonly #drop = (): void => this.#socket?.terminate();
}

/** The success type of a mutation's result union; any other member of it ends the story with what it says. */
export function take<Result extends Member, Name extends Result['__typename']>(
  result: Result,
  name: Name,
): Extract<Result, { __typename: Name }> {
  if (result.__typename === name) return result as Extract<Result, { __typename: Name }>;
  throw new Error(`${result.__typename} instead of ${name}: ${JSON.stringify(result)}`);
}

function textOf<Data, Variables>(document: Document<Data, Variables>): string {
  return typeof document === 'string' ? document : print(document);
}

function dataOf<Data>({ data, errors = [] }: Result<Data>): Data {
  if (data && errors.length === 0) return data;
  throw new Error(
    errors.map(({ message, extensions }) => `${extensions?.code ?? 'ERROR'}: ${message}`).join('; '),
  );
}

/** What ends a subscription: an error, the close of its socket, or the GraphQL errors of one that was refused. */
function asError(problem: unknown): Error {
  if (problem instanceof Error) return problem;
  if (Array.isArray(problem)) return new Error(problem.map(({ message }) => String(message)).join('; '));
  const { code, reason } = problem as { code?: number; reason?: string };
  return new Error(`The WebSocket was closed: ${code} ${reason}`);
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Typed by the generator, or a text whose types the caller vouches for. */
export type Document<Data, Variables> = TypedDocumentNode<Data, Variables> | string;

export interface Result<Data> {
  data?: Data | null;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions?: { code?: string; [name: string]: unknown };
  }[];
}

export interface Answer<Data> extends Result<Data> {
  status: number;
  headers: Headers;
}

export interface ClientOptions {
  accessToken?: string | null;
  signal?: AbortSignal;
}

type SocketOptions = Parameters<typeof createClient>[0];

interface Member {
  __typename: string;
}
