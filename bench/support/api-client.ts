import { randomUUID } from 'node:crypto';
import { type Client, createClient } from 'graphql-ws';
import pg from 'pg';
import { WebSocket } from 'ws';
import { type Pace, promptFor } from './provider-reader.ts';
import type { ServerProcess } from './server-process.ts';

/** A signed-in user of the product, of a plan without limits. */
export class ApiClient {
  readonly token: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly #url: string;

  static async signUp(product: ServerProcess, databaseUrl: string): Promise<ApiClient> {
    const email = `${randomUUID()}@example.com`;
    const input = { email, password: 'correct horse battery', displayName: 'Bench' };
    const url = `${product.url}/graphql`;
    const { register } = await post<{ register: { session: { accessToken: string } } }>(url, REGISTER, {
      input,
    });
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ id: string; tenant_id: string }>(
      `UPDATE users SET plan = 'UNLIMITED' WHERE email = $1 RETURNING id, tenant_id`,
      [email],
    );
    await database.end();
    return new ApiClient(url, register.session.accessToken, rows[0]!.id, rows[0]!.tenant_id);
  }

  private constructor(url: string, token: string, userId: string, tenantId: string) {
    this.#url = url;
    this.token = token;
    this.userId = userId;
    this.tenantId = tenantId;
  }

  /** Starts a run of as many steps in a row, each of which the provider answers at this pace. */
  async startRun(steps: number, pace: Pace): Promise<string> {
    const design = Array.from({ length: steps }, (_, index) => ({
      key: `step${index + 1}`,
      agent: 'CUSTOM',
      title: `Step ${index + 1}`,
      prompt: promptFor(pace),
      dependsOn: index === 0 ? [] : [`step${index}`],
    }));
    const input = { input: 'A bench', source: { design: { steps: design } } };
    const { executePipeline } = await post<{ executePipeline: Started }>(
      this.#url,
      EXECUTE,
      { input },
      this.token,
    );
    if (!executePipeline.execution) throw new Error(`the run did not start: ${executePipeline.message}`);
    return executePipeline.execution.id;
  }

  /** An open socket, as a page or a service holds one. */
  async openSocket(): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const client = createClient({
      url: this.#url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { token: this.token },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: reject,
      on: { connected: () => resolve(client) },
    });
    return promise;
  }
}

/** Reads the tokens of a run from its first event on; resolves at its end. Errors: when it did not succeed. */
export function readTokens(socket: Client, id: string, onToken: (text: string) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (what: unknown) => reject(new Error(`the run ${id} failed: ${JSON.stringify(what)}`));
  socket.subscribe<{ agentTokens: TokenEvent }>(
    { query: TOKENS, variables: { id } },
    {
      next({ data, errors }) {
        const event = data?.agentTokens;
        if (event?.text !== undefined) onToken(event.text);
        else if (event?.execution?.status === 'SUCCEEDED') resolve();
        else fail(errors ?? event);
      },
      error: fail,
      complete: () => fail('its events ended early'),
    },
  );
  return promise;
}

async function post<Data>(url: string, query: string, variables: object, token?: string): Promise<Data> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
  if (!data) throw new Error(`the request failed: ${JSON.stringify(errors)}`);
  return data;
}

const REGISTER = `mutation ($input: RegisterInput!) {
  register(input: $input) { ... on RegisterSuccess { session { accessToken } } }
}`;

const EXECUTE = `mutation ($input: ExecutePipelineInput!) {
  executePipeline(input: $input) { ... on ExecutePipelineSuccess { execution { id } } ... on UserError { message } }
}`;

const TOKENS = `subscription ($id: ID!) {
  agentTokens(executionId: $id, after: 0) {
    ... on AgentTokenEvent { text }
    ... on AttemptDiscardedEvent { reason }
    ... on ExecutionEndedEvent { execution { status error { message } } }
  }
}`;

interface Started {
  execution?: { id: string };
  message?: string;
}

interface TokenEvent {
  text?: string;
  execution?: { status: string };
}
