import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Account, TestApp } from '../support/app.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { design, startRun } from '../support/runs.ts';
import { type TestProcess, testProcesses } from '../support/server-process.ts';

const database = testDatabase();
const processes = testProcesses({
  SECRET_KEY: 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz',
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
  NODE_OPTIONS: '--max-old-space-size=512',
});

describe('a process with a heap of 512 MB', () => {
  const app = new TestApp([]);
  let server: TestProcess;
  let ann: Account;
  let executionId: string;
  let rowIds: string[];
  const connections: Socket[] = [];

  beforeAll(async () => {
    server = processes.start({ ROLE: 'api', DATABASE_URL: database.url, REDIS_URL: 'redis://127.0.0.1:1' });
    await app.start(server);
    ann = await app.register();
    const text = 'x'.repeat(20_000);
    executionId = await startRun(app, ann, design({ key: 'a' }), { request: text });
    rowIds = Array.from({ length: 100 }, () => executionId);
  });
  afterEach(() => connections.splice(0).forEach((connection) => connection.destroy()));

  it.each([
    ['HTTP', 30],
    ['SSE', 30],
  ])('refuses an answer of 60 MB over %s', async (transport, aliases) => {
    const [answer] =
      transport === 'HTTP'
        ? [await app.graphql(query(aliases), { ids: rowIds }, ann)]
        : await Array.fromAsync(app.events(query(aliases), { ids: rowIds }, ann));
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'RESPONSE_TOO_LARGE' } }] });
    expect(answer!.errors).toHaveLength(1);
    expect(answer!.data ?? null).toBeNull();
  });

  it('refuses a message of 2 MB over WebSocket, and keeps the socket', async () => {
    using socket = await (await app.rawSocket()).init({ token: ann.token });
    socket.subscribe('1', query(1), { ids: rowIds });
    expect(await socket.next('next', '1')).toMatchObject(TOO_LARGE);
    socket.subscribe('2', '{ viewer { id } }');
    expect(await socket.next('next', '2')).toMatchObject({
      payload: { data: { viewer: { id: expect.any(String) as string } } },
    });
  });

  it('counts texts with the escapes of JSON', async () => {
    const request = '"'.repeat(10_000);
    const ids = Array.from<string>({ length: 60 }).fill(
      await startRun(app, ann, design({ key: 'a' }), { request }),
    );
    using socket = await (await app.rawSocket()).init({ token: ann.token });
    socket.subscribe('1', query(1), { ids });
    expect(await socket.next('next', '1')).toMatchObject(TOO_LARGE);
    socket.subscribe('2', query(1), { ids: ids.slice(20) });
    expect(await socket.next('next', '2')).toMatchObject({
      payload: { data: { nodes: expect.any(Array) as [] } },
    });
  });

  it('counts the names of fields, also of short values', async () => {
    const steps = [{ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd', dependsOn: ['a', 'b', 'c'] }];
    const ids = Array.from<string>({ length: 100 }).fill(await startRun(app, ann, design(...steps)));
    const fields = (length: number) =>
      Array.from({ length: 30 }, (_, n) => `${`a${n}_`.padEnd(length, 'x')}: status`).join(' ');
    const text = (length: number) =>
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PipelineExecution { steps { ${fields(length)} } } } }`;
    using socket = await (await app.rawSocket()).init({ token: ann.token });
    socket.subscribe('1', text(100), { ids });
    expect(await socket.next('next', '1')).toMatchObject(TOO_LARGE);
    socket.subscribe('2', text(10), { ids });
    expect(await socket.next('next', '2')).toMatchObject({
      payload: { data: { nodes: expect.any(Array) as [] } },
    });
  });

  it('counts introspection in what it adds to other fields, once', async () => {
    const whole = await app.graphql(INTROSPECTION, {}, ann);
    const bytes = Buffer.byteLength(JSON.stringify(whole.data));
    const half = Math.floor((1_000_000 - bytes) / 20_200);
    using socket = await (await app.rawSocket()).init({ token: ann.token });
    const both = query(1).replace(') {', `) { ${INTROSPECTION.slice(1, -1)}`);
    socket.subscribe('1', both, { ids: rowIds.slice(0, half) });
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { data: { nodes: expect.any(Array) as [] } },
    });
    socket.subscribe('2', both, { ids: rowIds.slice(0, half + 2) });
    expect(await socket.next('next', '2')).toMatchObject(TOO_LARGE);
  });

  it('serves others 200 KB while the WebSockets of one user are not read', async () => {
    const bob = await app.register();
    const ofBob = await startRun(app, bob, design({ key: 'a' }), { request: 'x'.repeat(20_000) });
    const sockets = await Promise.all(
      Array.from({ length: 10 }, async () => (await app.rawSocket()).init({ token: ann.token })),
    );
    for (const socket of sockets) {
      socket.pause();
      for (let n = 0; n < 20; n++) socket.subscribe(String(n), query(1), { ids: rowIds.slice(0, 45) });
    }
    await eventually(async () => {
      expect(await app.graphql(query(1), { ids: rowIds.slice(0, 45) }, ann)).toMatchObject({ status: 503 });
    });
    expect((await app.graphql(query(1), { ids: Array(10).fill(ofBob) }, bob)).status).toBe(200);
    for (const socket of sockets) socket.close();
    await eventually(async () => {
      expect((await app.graphql(query(1), { ids: rowIds.slice(0, 45) }, ann)).status).toBe(200);
    });
  });

  it('serves others while clients do not read answers of 8 MB, and again when they have left', async () => {
    const bob = await app.register();
    const request = 'x'.repeat(20_000);
    const ofBob = await startRun(app, bob, design({ key: 'a' }), { request });
    for (let n = 0; n < 24; n++) connections.push(ask(app, ann, query(4), rowIds));
    await Promise.all(connections.map((connection) => once(connection, 'readable')));
    expect((await app.graphql('{ viewer { email } }', {}, bob)).data).toEqual({
      viewer: { email: bob.email },
    });
    expect((await app.graphql(query(4), { ids: rowIds.map(() => ofBob) }, bob)).status).toBe(200);
    expect(await app.graphql(query(4), { ids: rowIds }, ann)).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    const statuses = connections.map((connection) => String(connection.read(12)).slice(-3));
    expect(new Set(statuses)).toEqual(new Set(['200', '503']));
    connections.splice(0).forEach((connection) => connection.destroy());
    await eventually(async () => {
      expect((await app.graphql(query(4), { ids: rowIds }, ann)).status).toBe(200);
    });
    expect(server.isAlive).toBe(true);
  });
});

const TOO_LARGE = { payload: { errors: [{ extensions: { code: 'RESPONSE_TOO_LARGE' } }] } };

/** Some hundred kilobytes. */
const INTROSPECTION =
  '{ __schema { types { name description fields { name description args { name description } type { name } } } } }';

/** The request of the run, 20,000 bytes, as often as there are ids and aliases. */
function query(aliases: number): string {
  const fields = Array.from({ length: aliases }, (_, n) => `a${n}: request`).join(' ');
  return `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PipelineExecution { ${fields} } } }`;
}

/** A connection that sends a request and reads nothing of the answer. */
function ask(app: TestApp, { token }: Account, text: string, ids: string[]): Socket {
  const { port } = new URL(app.url());
  const body = JSON.stringify({ query: text, variables: { ids } });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ].join('\r\n');
  const connection = connect(Number(port), '127.0.0.1');
  connection.on('error', () => {}); // the test destroys it
  connection.write(`${head}\r\n\r\n${body}`);
  return connection;
}
