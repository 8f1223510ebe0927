import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { testApp } from '../support/app.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { type SchemaServer, serveSchema } from '../support/serve-schema.ts';
import { readEvents } from '../support/sse.ts';

const CANARY = 'sk-canary-0123456789';
const MASKED = {
  message: 'Internal server error. If it happens again, report the requestId.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[\w-]{8,}$/) as string },
};

function fail(): never {
  throw new Error(`could not connect with ${CANARY}`);
}

async function* twoThenFail() {
  yield { n: 1 };
  yield { n: 2 };
  fail();
}

/** A schema with resolvers that throw unexpected errors. */
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      works: { type: GraphQLString, resolve: () => 'Yes' },
      fails: { type: GraphQLString, resolve: fail },
      rejects: {
        type: new GraphQLNonNull(GraphQLString),
        resolve: () => Promise.reject(new TypeError(CANARY)),
      },
      notAnInt: { type: GraphQLInt, resolve: () => CANARY },
      notNull: { type: new GraphQLNonNull(GraphQLString), resolve: () => null },
      throwsText: {
        type: GraphQLString,
        resolve: () => {
          throw CANARY; // eslint-disable-line no-throw-literal
        },
      },
      known: {
        type: GraphQLString,
        resolve: () => {
          throw new AppError('SERVICE_UNAVAILABLE', 'Try again.', { cause: new Error(CANARY) });
        },
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      refuses: { type: GraphQLInt, subscribe: fail },
      breaks: { type: GraphQLInt, subscribe: twoThenFail, resolve: (event: { n: number }) => event.n },
      badEvent: { type: GraphQLInt, subscribe: twoThenFail, resolve: fail },
    },
  }),
});

describe('internal errors', () => {
  const app = testApp({ config: { role: 'api' } });
  let server: SchemaServer;
  let token: string;

  beforeAll(async () => {
    server = await serveSchema(app, schema);
    token = (await app.register()).token;
  });
  afterAll(() => server.close());

  const post = (query: string, accept = 'application/json') =>
    fetch(`http://${server.address}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-request-id': 'request-12345' },
      body: JSON.stringify({ query }),
    });

  it.each(['fails', 'rejects', 'notAnInt', 'notNull', 'throwsText'])(
    'are masked over HTTP, with the request id as the only detail: %s',
    async (field) => {
      const before = app.logs.length;
      const response = await post(`{ ${field} }`);
      const body = await response.text();
      expect(body).not.toContain('canary');
      expect(JSON.parse(body)).toMatchObject({
        errors: [
          { ...MASKED, path: [field], extensions: { ...MASKED.extensions, requestId: 'request-12345' } },
        ],
      });
      const lines = app.logs.slice(before).filter((line) => line.includes('request-12345'));
      expect(lines).toHaveLength(1);
    },
  );

  it('are distinguished from known errors, which keep their message and status but hide their cause', async () => {
    const response = await post('{ known }');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      data: { known: null },
      errors: [
        {
          message: 'Try again.',
          locations: [{ line: 1, column: 3 }],
          path: ['known'],
          extensions: { code: 'SERVICE_UNAVAILABLE' },
        },
      ],
    });
  });

  it('do not set the HTTP status when another root field has a value', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const response = await post('{ known fails works }', accept);
      expect([accept, response.status]).toEqual([accept, 200]);
      expect(await response.json()).toMatchObject({
        data: { known: null, fails: null, works: 'Yes' },
        errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }, MASKED],
      });
    }
  });

  it.each([
    ['refuses', [{ errors: [MASKED] }]],
    ['breaks', [{ data: { breaks: 1 } }, { data: { breaks: 2 } }, { errors: [MASKED] }]],
    ['badEvent', [{ errors: [MASKED] }, { errors: [MASKED] }, { errors: [MASKED] }]],
  ])('are masked in an SSE stream, which then ends: %s', async (field, results) => {
    const events = await Array.fromAsync(
      readEvents(await post(`subscription { ${field} }`, 'text/event-stream')),
    );
    expect(JSON.stringify(events)).not.toContain('canary');
    expect(
      events.filter(({ event }) => event === 'next').map(({ data }) => JSON.parse(data) as object),
    ).toMatchObject(results);
    expect(events.at(-1)?.event).toBe('complete');
  });

  it.each([
    ['{ fails }', 1],
    ['{ rejects }', 1],
    ['subscription { refuses }', 1],
    ['subscription { breaks }', 3],
    ['subscription { badEvent }', 3],
  ])('are masked over WebSocket, and do not close the socket: %s', async (query, answers) => {
    const socket = await (await RawSocket.open(`ws://${server.address}`)).init({ token });
    socket.subscribe('1', query);
    await socket.next('complete', '1');
    const got = socket.messages.filter(({ type }) => type === 'next');
    expect(got).toHaveLength(answers);
    expect(JSON.stringify(got)).not.toContain('canary');
    expect(got.at(-1)).toMatchObject({ payload: { errors: [MASKED] } });
    expect(JSON.stringify(got)).not.toMatch(/"(http|unexpected|stack|originalError)"/);
    expect(socket.isOpen).toBe(true);
    socket.close();
  });
});

describe('the context of a subscription', () => {
  const app = testApp({ config: { role: 'api' } });

  it('is new for every event, so that no data loaded for one event is shown for the next', async () => {
    const contexts = new Set<unknown>();
    const recording = new GraphQLSchema({
      query: schema.getQueryType(),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          ticks: {
            type: GraphQLInt,
            subscribe: async function* () {
              for (const n of [1, 2, 3]) yield { n };
            },
            resolve: ({ n }: { n: number }, _args, context) => (contexts.add(context), n),
          },
        },
      }),
    });
    const server = await serveSchema(app, recording);
    const response = await fetch(`http://${server.address}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { ticks }' }),
    });
    await response.text();
    expect(contexts.size).toBe(3);
    await server.close();
  });
});
