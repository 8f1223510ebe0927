import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CLOSE } from '../../src/transport/graphql/socket/close.ts';
import { testApp, testClock } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import type { RawSocket } from '../support/raw-socket.ts';

const QUIET = 'subscription { approvalEvents(after: 0) { __typename } }';

describe('GraphQL over WebSocket', () => {
  const clock = testClock();
  const app = testApp({ config: { role: 'api' }, clock: clock.now });

  const open = async (token?: string) => (await app.rawSocket()).init({ token });

  it('serves queries, mutations and subscriptions on one socket', async () => {
    const { token, session } = await app.register();
    const socket = await open(token);
    socket.subscribe('1', '{ viewer { id } }');
    socket.subscribe(
      '2',
      'mutation { createConversation(input: { title: "Hello" }) { ... on CreateConversationSuccess { conversation { id } } } }',
    );
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { data: { viewer: { id: session.user.id } } },
    });
    const created = (await socket.next('next', '2')).payload as {
      data: { createConversation: { conversation: { id: string } } };
    };
    await socket.next('complete', '2');

    const { id } = created.data.createConversation.conversation;
    socket.subscribe(
      '3',
      'subscription ($id: ID!) { conversationEvents(conversationId: $id) { __typename } }',
      { id },
    );
    expect(await socket.next('next', '3')).toMatchObject({
      payload: { data: { conversationEvents: { __typename: 'ConversationSnapshotEvent' } } },
    });
    socket.close();
  });

  it('accepts credentials as real clients send them', async () => {
    const { token } = await app.register();
    const inHeader = { headers: { authorization: `Bearer ${token}` } };
    const ways: [payload: unknown, Parameters<typeof app.rawSocket>[0]?][] = [
      [{ token }],
      [{ token: `Bearer ${token}` }],
      [{ authToken: token }],
      [{ accessToken: token }],
      [{ authorization: `Bearer ${token}` }],
      [{ authorization: token }],
      [{ AUTHORIZATION: `bearer  ${token}` }],
      [{ headers: { Authorization: `Bearer ${token}` } }],
      [undefined, inHeader],
      [null, inHeader],
      [{}, { path: `/graphql?token=${token}` }],
    ];
    for (const [payload, options] of ways) {
      const socket = await (await app.rawSocket(options)).init(payload);
      socket.close();
    }
  });

  it('closes with 4403 when X-User-ID or X-Tenant-ID contradict the credentials', async () => {
    const { token } = await app.register();
    const socket = await app.rawSocket({ headers: { 'x-user-id': 'other' } });
    socket.send({ type: 'connection_init', payload: { token } });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'User ID mismatch between JWT and header' });
    const foreign = await app.rawSocket();
    foreign.send({ type: 'connection_init', payload: { token, headers: { 'X-Tenant-ID': 'other' } } });
    expect(await foreign.closed).toMatchObject({ code: 4403 });
  });

  describe('close codes', () => {
    it.each<[string, number, string, (socket: RawSocket) => void]>([
      ['no credentials', ...CLOSE.authRequired, (socket) => socket.send({ type: 'connection_init' })],
      [
        'bad credentials',
        4403,
        'AUTH_FAILED',
        (socket) => socket.send({ type: 'connection_init', payload: { token: 'x' } }),
      ],
      ['an operation before the hello', 4401, 'Unauthorized', (socket) => socket.subscribe('1', QUIET)],
      ['no JSON', 4400, 'Invalid message received', (socket) => socket.send('{')],
      ['an unknown message', 4400, 'Invalid message received', (socket) => socket.send({ type: 'nope' })],
      ['a message of 1,000,001 bytes', ...CLOSE.tooLarge, (socket) => socket.send('x'.repeat(1_000_001))],
    ])('%s: %i', async (_what, code, reason, act) => {
      const socket = await app.rawSocket();
      act(socket);
      expect(await socket.closed).toEqual({ code, reason });
    });

    it('a second connection_init: 4429; the id of an active operation: 4409', async () => {
      const { token } = await app.register();
      const [twice, same] = await Promise.all([open(token), open(token)]);
      twice.send({ type: 'connection_init', payload: { token } });
      expect(await twice.closed).toMatchObject({ code: 4429 });
      same.subscribe('1', QUIET);
      same.subscribe('1', QUIET);
      expect(await same.closed).toMatchObject({ code: 4409 });
    });

    it('another protocol: 4406', async () => {
      const socket = await app.rawSocket({ protocol: 'graphql-ws' }).catch((error: Error) => error.message);
      if (typeof socket !== 'string') expect(await socket.closed).toMatchObject({ code: 4406 });
    });

    it('no connection_init within 10 seconds: 4408; a token that takes 8 seconds is not too late', async () => {
      const { token } = await app.register();
      const [late, never] = [await app.rawSocket(), await app.rawSocket()];
      await sleep(8_000);
      await late.init({ token });
      expect(await never.closed).toMatchObject({ code: 4408 });
      expect(late.isOpen).toBe(true);
      late.close();
    });

    it('an expired access token: 4403', async () => {
      const { token } = await app.register();
      const socket = await open(token);
      socket.subscribe('1', QUIET);
      clock.advance(31 * 60_000);
      expect(await socket.closed).toEqual({ code: 4403, reason: 'Access token expired' });
    });

    it('a sign-out: 4403 within seconds; other sockets stay open', async () => {
      const { email, password, token, session } = await app.register();
      const [socket, other] = await Promise.all([
        open(token),
        app.signIn('login', { email, password }).then((login) => open(login.accessToken)),
      ]);
      const start = performance.now();
      await app.mutate('logout', { refreshToken: session.refreshToken });
      expect(await socket.closed).toEqual({ code: 4403, reason: 'Signed out' });
      expect(performance.now() - start).toBeLessThan(5_000);
      expect(other.isOpen).toBe(true);
      other.close();
    });

    it('a change of role: 4403', async () => {
      const { email, token } = await app.register();
      const socket = await open(token);
      await app.services.database.prisma.user.updateMany({ where: { email }, data: { role: 'GUEST' } });
      expect(await socket.closed).toEqual({ code: 4403, reason: 'Role changed' });
    });
  });

  it('answers an invalid operation with an error message, without affecting others', async () => {
    const { token } = await app.register();
    const socket = await open(token);
    socket.subscribe('good', QUIET);
    const wrong = {
      syntax: '{',
      field: '{ nope }',
      variable: 'query ($id: ID!) { node(id: $id) { id } }',
      foreign: 'subscription { agentTokens(executionId: "eA==") { __typename } }',
    };
    for (const [id, query] of Object.entries(wrong)) socket.subscribe(id, query);
    socket.send({
      type: 'subscribe',
      id: 'name',
      payload: { query: 'query A { __typename }', operationName: 'B' },
    });
    socket.send({ type: 'complete', id: 'unknown' });

    const codes = await eventually(() => {
      const answers = socket.messages.filter(
        ({ type, id }) => type === 'error' || (type === 'next' && id !== 'good'),
      );
      expect(answers).toHaveLength(5);
      return Object.fromEntries(
        answers.map(({ id, payload }) => {
          const errors = (Array.isArray(payload) ? payload : (payload as { errors: unknown }).errors) as {
            extensions?: Record<string, unknown>;
          }[];
          return [id, errors[0]?.extensions];
        }),
      );
    });
    expect(codes).toEqual({
      syntax: { code: 'GRAPHQL_PARSE_FAILED' },
      field: { code: 'GRAPHQL_VALIDATION_FAILED' },
      variable: { code: 'BAD_USER_INPUT' },
      foreign: { code: 'NOT_FOUND' },
      name: expect.anything() as unknown,
    });
    socket.send({ type: 'ping' });
    await socket.next('pong');
    expect(socket.isOpen).toBe(true);
    socket.close();
  });

  it('checks permissions for each operation', async () => {
    const founder = await app.register();
    const guest = await app.member(founder, 'GUEST');
    const socket = await open(guest.token);
    socket.subscribe('1', 'mutation { createConversation(input: { title: "x" }) { __typename } }');
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    socket.close();
  });

  it('serves 100 concurrent operations, and rejects one more without closing', async () => {
    const { token } = await app.register();
    const socket = await open(token);
    for (let i = 1; i <= 101; i++) socket.subscribe(String(i), QUIET);
    expect(await socket.next('error', '101')).toMatchObject({
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    });
    socket.send({ type: 'complete', id: '1' });
    socket.subscribe('102', '{ __typename }');
    await socket.next('complete', '102');
    expect(socket.messages.filter((message) => message.type === 'error')).toHaveLength(1);
    socket.close();
  });

  describe('Origin', () => {
    const connect = (origin: string) => app.rawSocket({ headers: { origin } });

    it('accepts a missing, a configured and the server’s own origin', async () => {
      const sockets = [
        await app.rawSocket(),
        await connect('https://app.example.com'),
        await connect(app.url('')),
      ];
      for (const socket of sockets) socket.close();
    });

    it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', ''])(
      'rejects %j',
      async (origin) => {
        await expect(connect(origin)).rejects.toThrow('refused with 403');
      },
    );
  });

  it('upgrades only on its own path', async () => {
    await expect(app.rawSocket({ path: '/other' })).rejects.toThrow('refused with 404');
  });

  it('survives an interrupted upgrade', async () => {
    const { port, hostname } = new URL(app.url());
    const connection = createConnection(Number(port), hostname);
    connection.write(
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    );
    connection.destroy();
    expect((await fetch(app.url('/health'))).status).toBe(200);
  });
});

describe('closing the server', () => {
  const app = testApp({ config: { role: 'api' } });

  it('closes every socket with 1012 (service restart), and does not wait for one that does not answer', async () => {
    const { token } = await app.register();
    const socket = await (await app.rawSocket()).init({ token });
    socket.subscribe('1', QUIET);
    const deaf = createConnection(Number(new URL(app.url()).port), '127.0.0.1');
    deaf.on('error', () => {});
    deaf.write(
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    await new Promise((resolve) => deaf.once('data', resolve));

    const start = performance.now();
    const [closed] = await Promise.all([socket.closed, app.close()]);
    expect(closed).toEqual({ code: 1012, reason: 'Server is restarting' });
    expect(performance.now() - start).toBeLessThan(15_000);
    deaf.destroy();
  });
});
