import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll } from 'vitest';
import { type App, createApp, type Overrides } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { Role } from '../../src/generated/prisma/enums.ts';
import { createLogger } from '../../src/infra/logger.ts';
import type { Services } from '../../src/kernel/context.ts';
import { type Answer, ApiClient } from '../../tools/product/api-client.ts';
import { testDatabase } from './database.ts';
import { RawSocket } from './raw-socket.ts';
import { readEvents } from './sse.ts';
import type { TcpProxy } from './tcp-proxy.ts';
import { WITHOUT_RATE_LIMITS } from '../../tools/product/rate-limits.ts';

/** For a file or a describe: the real app with its own database, listening on a free loopback port. */
export function testApp({ config, proxy, ...overrides }: TestAppOptions = {}): TestApp {
  const database = testDatabase();
  const logs: string[] = [];
  const app = new TestApp(logs);
  beforeAll(async () => {
    const databaseUrl = proxy ? await proxy.start(database.url) : database.url;
    const settings = readConfig({ ...ENVIRONMENT, DATABASE_URL: databaseUrl });
    const logger = createLogger(
      'info',
      new Writable({ write: (line, _encoding, done) => (logs.push(String(line)), done()) }),
    );
    await app.start(await createApp({ ...settings, ...config }, { logger, ...overrides }));
  });
  afterAll(() => app.close());
  return app;
}

export class TestApp {
  /** The lines of the app's log. */
  readonly logs: readonly string[];
  #app: App | null = null;
  #port = 0;

  constructor(logs: readonly string[]) {
    this.logs = logs;
  }

  async start(app: App): Promise<void> {
    this.#app = app;
    this.#port = (await app.listen())?.port ?? 0;
  }

  async close(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }

  get services(): Services {
    if (!this.#app) throw new Error('the app has not started, or is closed');
    return this.#app.services;
  }

  url(path = '/graphql', protocol = 'http'): string {
    return `${protocol}://127.0.0.1:${this.#port}${path}`;
  }

  /** Sends one operation as JSON over HTTP. */
  async graphql<Data = Record<string, unknown>>(
    query: string,
    variables: object = {},
    { token, headers }: RequestOptions = {},
  ): Promise<Answer<Data>> {
    return this.#client(token).send<Data, object>(query, variables, headers);
  }

  /** Runs a mutation by its name. Returns the member of its result union. Fails on any GraphQL error. */
  async mutate<Result = { __typename: string; message?: string }>(
    name: string,
    input: object,
    selection = '',
    options: RequestOptions = {},
  ): Promise<Result> {
    const { data, errors } = await this.graphql<Record<string, Result>>(
      mutationDocument(name, selection),
      { input },
      options,
    );
    const result = data?.[name];
    if (!result) throw new Error(`${name} failed: ${JSON.stringify(errors)}`);
    return result;
  }

  /** Runs a mutation that opens a session. Returns the session or the error, with the name of the member. */
  async signIn(name: 'register' | 'login' | 'refreshSession', input: object): Promise<Session> {
    const success = `${name.charAt(0).toUpperCase()}${name.slice(1)}Success`;
    const { session, ...member } = await this.mutate<{ session?: object }>(
      name,
      input,
      `... on ${success} { ${SESSION} }`,
    );
    return { ...member, ...session } as Session;
  }

  /** Creates an account with its own tenant. */
  async register(account: Partial<Omit<Account, 'session'>> = {}): Promise<Account> {
    const input = {
      email: `${randomUUID()}@example.com`,
      password: 'correct horse battery',
      displayName: 'Somebody',
      ...account,
    };
    const session = await this.signIn('register', input);
    return { ...input, session, token: session.accessToken };
  }

  /** Creates another member of the tenant of `founder`, signed in. */
  async member(founder: Account, role: Role): Promise<Account> {
    const account = await this.register();
    const { prisma } = this.services.database;
    const { tenantId } = await prisma.user.findFirstOrThrow({ where: { email: founder.email } });
    await prisma.user.updateMany({ where: { email: account.email }, data: { tenantId, role } });
    const session = await this.signIn('login', { email: account.email, password: account.password });
    return { ...account, session, token: session.accessToken };
  }

  /** A graphql-ws client that does not reconnect automatically. */
  socketClient({ token }: RequestOptions = {}): Client {
    return this.#client(token).socket();
  }

  /** A raw WebSocket, for messages that a client library would not send. */
  rawSocket(
    options: { path?: string; headers?: Record<string, string>; protocol?: string } = {},
  ): Promise<RawSocket> {
    return RawSocket.open(this.url(options.path, 'ws'), options);
  }

  /** The results of one subscription over SSE, until it completes or the signal aborts. */
  async *events<Data = Record<string, unknown>>(
    query: string,
    variables: object = {},
    { token, signal }: RequestOptions & { signal?: AbortSignal } = {},
  ): AsyncGenerator<Pick<Answer<Data>, 'data' | 'errors'>> {
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    };
    const response = await fetch(this.url(), {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
      signal,
    });
    for await (const { event, data } of readEvents(response)) {
      if (event === 'next') yield JSON.parse(data) as Pick<Answer<Data>, 'data' | 'errors'>;
    }
  }

  #client(accessToken?: string): ApiClient {
    return new ApiClient(this.url(), { accessToken });
  }
}

export function mutationDocument(name: string, selection: string): string {
  const input = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return `mutation ($input: ${input}!) { ${name}(input: $input) { __typename ... on UserError { message } ${selection} } }`;
}

/** A stopped clock near the real time, which tests advance. */
export function testClock() {
  let now = Date.now();
  return { now: () => new Date(now), advance: (ms: number) => void (now += ms) };
}

const SESSION = `session {
  accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt
  user { id email displayName role plan permissions tenant { id externalId name costLimit } }
}`;

const ENVIRONMENT = {
  NODE_ENV: 'test',
  PORT: '0',
  HOST: '127.0.0.1',
  SECRET_KEY: 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz',
  CORS_ORIGINS: 'https://app.example.com',
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
  ...WITHOUT_RATE_LIMITS,
};

export interface TestAppOptions extends Overrides {
  config?: Partial<Config>;
  /** The proxy between the app and its database. */
  proxy?: TcpProxy;
}

export interface RequestOptions {
  token?: string;
  headers?: Record<string, string>;
}

export interface Account {
  email: string;
  password: string;
  displayName: string;
  session: Session;
  /** The access token of the session. */
  token: string;
}

export interface Session {
  __typename: string;
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
  refreshTokenExpiresAt: string;
  user: {
    id: string;
    email: string;
    displayName: string;
    role: string;
    plan: string;
    permissions: string[];
    tenant: { id: string; externalId: string; name: string; costLimit: string | null };
  };
}
