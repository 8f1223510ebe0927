import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { abortOnReturn } from '../../src/core/async/on-return.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { type SchemaServer, serveSchema } from '../support/serve-schema.ts';

let open = 0;

/** One event, then an endless wait, as on a quiet log. */
function quiet() {
  return abortOnReturn(async function* (signal) {
    open += 1;
    try {
      yield { n: 1 };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      open -= 1;
    }
  });
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { quiet: { type: GraphQLInt, subscribe: quiet, resolve: (event: { n: number }) => event.n } },
  }),
});

describe('a subscription that waits for events', () => {
  const app = testApp({ config: { role: 'api' } });
  let server: SchemaServer;
  let token: string;

  beforeAll(async () => {
    server = await serveSchema(app, schema);
    token = (await app.register()).token;
  });
  afterAll(() => server.close());
  beforeEach(() => expect(open).toBe(0));

  const subscribe = async () => {
    const socket = await (await RawSocket.open(`ws://${server.address}`)).init({ token });
    socket.subscribe('1', 'subscription { quiet }');
    await socket.next('next', '1');
    expect(open).toBe(1);
    return socket;
  };

  it('ends immediately when an SSE client disconnects', async () => {
    const leave = new AbortController();
    const response = await fetch(`http://${server.address}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { quiet }' }),
      signal: leave.signal,
    });
    expect(response.status).toBe(200);
    await eventually(() => open === 1);
    leave.abort();
    await eventually(() => open === 0, { timeoutMs: 1_000 });
  });

  it('ends immediately when a WebSocket client completes it', async () => {
    const socket = await subscribe();
    socket.send({ type: 'complete', id: '1' });
    await eventually(() => open === 0, { timeoutMs: 1_000 });
    expect(socket.isOpen).toBe(true);
    socket.close();
  });

  it('ends immediately when the socket breaks', async () => {
    const socket = await subscribe();
    socket.close();
    await eventually(() => open === 0, { timeoutMs: 1_000 });
  });

  it('ends when the server closes', async () => {
    const socket = await subscribe();
    const other = await serveSchema(app, schema);
    await other.close();
    expect(open).toBe(1);
    await server.close();
    await socket.closed;
    await eventually(() => open === 0, { timeoutMs: 1_000 });
    server = await serveSchema(app, schema);
  });
});
