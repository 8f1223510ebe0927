import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Talks to the API as any client would: typed documents over HTTP, and over WebSockets that it opens. */
export class ApiClient {
  /** Signs the caller in, once there is one. */
  accessToken: string | null = null;
  readonly #url: URL;
  readonly #signal: AbortSignal;

  /** An abort of `signal` ends every request and every connection. */
  constructor(origin: string, signal: AbortSignal) {
    this.#url = new URL('/graphql', origin);
    this.#signal = signal;
  }

  async request<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(this.accessToken && { authorization: `Bearer ${this.accessToken}` }),
      },
      body: JSON.stringify({ query: print(document), variables }),
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    return dataOf((await response.json()) as Answer<Data>);
  }

  /** A WebSocket of its own, opened by its first subscription. */
  connect(): Connection {
    const url = new URL(this.#url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new Connection(url.href, this.accessToken, this.#signal);
  }
}

/** One WebSocket with its subscriptions. It does not come again by itself: how to go on is the reader's to say. */
export class Connection {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  #socket: WebSocket | null = null;
  #isCut = false;

  constructor(url: string, accessToken: string | null, signal: AbortSignal) {
    this.#signal = signal;
    this.#client = createClient({
      url,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${accessToken}` },
      on: { opened: (socket) => (this.#socket = socket as WebSocket) },
    });
    signal.addEventListener('abort', this.#drop, { once: true });
  }

  /** The events until the server completes, or until this connection is cut. */
  async *subscribe<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncGenerator<Data> {
    const results = this.#client.iterate<Data>({ query: print(document), variables });
    try {
      for await (const result of results) yield dataOf(result as Answer<Data>);
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

function dataOf<Data>({ data, errors = [] }: Answer<Data>): Data {
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

interface Answer<Data> {
  data?: Data | null;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
}

interface Member {
  __typename: string;
}
