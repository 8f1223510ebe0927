import { randomUUID } from 'node:crypto';
import type { Client } from 'graphql-ws';
import pg from 'pg';
import { ApiClient } from '../../tools/product/api-client.ts';
import { type Pace, promptFor } from './provider-reader.ts';

/** A signed-in user of the product, of a plan without limits and with a verified address. */
export class Account {
  readonly api: ApiClient;
  readonly userId: string;
  readonly tenantId: string;

  static async signUp(productUrl: string, databaseUrl: string): Promise<Account> {
    const email = `${randomUUID()}@example.com`;
    const input = { email, password: 'correct horse battery', displayName: 'Bench' };
    const api = new ApiClient(productUrl);
    const { register } = await api.request<Registered, object>(REGISTER, { input });
    api.accessToken = register.session.accessToken;
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    const { rows } = await database.query<{ id: string; tenant_id: string }>(
      `UPDATE users SET plan = 'UNLIMITED', email_verified_at = now() WHERE email = $1 RETURNING id, tenant_id`,
      [email],
    );
    await database.end();
    return new Account(api, rows[0]!.id, rows[0]!.tenant_id);
  }

  private constructor(api: ApiClient, userId: string, tenantId: string) {
    this.api = api;
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
    const input = { request: 'A bench', source: { design: { steps: design } } };
    const { executePipeline } = await this.api.request<Started, object>(EXECUTE, { input });
    const { execution, message } = executePipeline;
    if (!execution) throw new Error(`the run did not start: ${message}`);
    return execution.id;
  }

  /** An open socket, as a page or a service holds one. */
  async openSocket(): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const client = this.api.socket({
      lazy: false,
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

interface Registered {
  register: { session: { accessToken: string } };
}

interface Started {
  executePipeline: { execution?: { id: string }; message?: string };
}

interface TokenEvent {
  text?: string;
  execution?: { status: string };
}
