import { once } from 'node:events';
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type SchemaServer, serveSchema } from '../support/serve-schema.ts';

let answered = 0;
const TEXT = 'x'.repeat(900_000);
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { text: { type: GraphQLString, resolve: () => ((answered += 1), TEXT) } },
  }),
});

describe('one WebSocket', () => {
  const app = testApp({ config: { role: 'api' } });
  let server: SchemaServer;
  let token: string;

  beforeAll(async () => {
    server = await serveSchema(app, schema);
    token = (await app.register()).token;
  });
  afterAll(() => server.close());

  it('is closed when its client does not read what it asks for', async () => {
    const socket = new WebSocket(`ws://${server.address}`, 'graphql-transport-ws');
    let messages = 0;
    socket.on('message', () => (messages += 1));
    socket.on('error', () => {}); // the server may reset it
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
    await once(socket, 'message');
    socket.pause();
    for (let id = 0; id < 50; id++)
      socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query: '{ text }' } }));
    await eventually(() => expect(answered).toBe(50));
    const closed = once(socket, 'close');
    socket.resume();
    const [code] = (await closed) as [number];
    expect([1013, 1006]).toContain(code); // 1006: it read the close too late
    expect(messages).toBeLessThan(50);
  });

  it('lets others go between its operations', async () => {
    using socket = await (await app.rawSocket()).init({ token });
    const query = `{ viewer { ${'id '.repeat(200)} } }`;
    for (let id = 0; id < 300; id++) socket.subscribe(String(id), query);
    const response = await fetch(app.url('/health'));
    const isRun = ({ type }: { type: string }) => type === 'next';
    expect(response.status).toBe(200);
    expect(socket.messages.filter(isRun).length).toBeLessThan(100);
    await eventually(() => expect(socket.messages.filter(isRun).length).toBeGreaterThanOrEqual(100));
    expect(socket.isOpen).toBe(true);
  });
});
