import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { OriginPolicy } from '../../../../src/transport/cors.ts';
import { type Route, Router } from '../../../../src/transport/http/router.ts';
import { closeWhenStalled } from '../../../../src/transport/graphql/socket/writes.ts';
import { CLOSE } from '../../../../src/transport/graphql/socket/close.ts';
import { HttpServer } from '../../../../src/transport/http/server.ts';
import { eventually } from '../../../support/eventually.ts';

const LARGE = Buffer.alloc(50_000_000);

it('a client that takes nothing of its answer is disconnected', async () => {
  const { connection, response } = await ask();
  response.end(LARGE);
  await once(connection, 'readable'); // it has begun, and is not read any further
  await once(response, 'close');
  expect(response.writableFinished).toBe(false);
});

it('nor does it help to send something meanwhile', async () => {
  const { connection, response } = await ask();
  response.end(LARGE);
  await once(connection, 'readable');
  const sending = setInterval(() => connection.write('\r\n'), WRITE_TIMEOUT_MS / 5);
  onTestFinished(() => clearInterval(sending));
  await once(response, 'close');
  expect(response.writableFinished).toBe(false);
});

it('nor a client of an upgraded connection, such as a WebSocket', async () => {
  const upgraded = Promise.withResolvers<Duplex>();
  const connection = await start({
    handle: () => {},
    upgrade: (_request, ours) => {
      upgraded.resolve(ours);
      return null;
    },
  });
  connection.write(`${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const ours = await upgraded.promise;
  ours.write(LARGE);
  await once(connection, 'readable');
  await once(ours, 'close');
  expect(ours.writableFinished).toBe(false);
});

it('a WebSocket that reads again in time learns why it was closed', async () => {
  const sockets = new WebSocketServer({ noServer: true });
  const accepted = Promise.withResolvers<WebSocket>();
  const port = await listen({
    handle: () => {},
    upgrade: (request, connection, head) => {
      sockets.handleUpgrade(request, connection, head, (socket) => {
        closeWhenStalled(socket, connection);
        accepted.resolve(socket);
      });
      return null;
    },
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/health`);
  onTestFinished(() => client.terminate());
  const ours = await accepted.promise;
  await once(client, 'open');
  client.pause();
  ours.send(LARGE);
  await eventually(() => expect(ours.readyState).toBe(WebSocket.CLOSING));
  client.resume();
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  expect([code, String(reason)]).toEqual(CLOSE.stalled);
});

it('a slow answer is waited for, and a slow reader that reads gets all of it', async () => {
  const { connection, response } = await ask();
  // Longer than the time limit: the timer fires while nothing waits to be sent.
  await new Promise((resolve) => setTimeout(resolve, 3 * WRITE_TIMEOUT_MS));
  response.end(LARGE);
  let bytes = 0;
  for await (const chunk of connection) {
    bytes += (chunk as Buffer).length;
    if (bytes > LARGE.length) break;
  }
  expect(bytes).toBeGreaterThan(LARGE.length);
});

const WRITE_TIMEOUT_MS = 100;

const HEAD = 'GET /health HTTP/1.1\r\nHost: localhost\r\n';

/** A connection with a request, and the response that is not yet answered. */
async function ask(): Promise<{ connection: Socket; response: ServerResponse }> {
  const asked = Promise.withResolvers<ServerResponse>();
  const connection = await start({ handle: (_request, response) => asked.resolve(response) });
  connection.write(`${HEAD}\r\n`);
  return { connection, response: await asked.promise };
}

/** A connection to a server with one route. */
async function start(route: Pick<Route, 'handle' | 'upgrade'>): Promise<Socket> {
  const connection = connect(await listen(route), '127.0.0.1');
  onTestFinished(() => void connection.destroy());
  connection.on('error', () => {}); // the server may reset it
  return connection;
}

async function listen(route: Pick<Route, 'handle' | 'upgrade'>): Promise<number> {
  const origins = new OriginPolicy({ origins: [], isAnyLocalhostAllowed: false });
  const server = new HttpServer({
    router: new Router({ routes: [{ path: '/health', ...route }], origins, allowedHosts: null } as never),
    logger: { error: () => {} },
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    onClose: () => Promise.resolve(),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  return port;
}
