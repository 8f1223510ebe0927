import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../../src/infra/database.ts';

/** A Postgres that accepts every login and closes the connection with the same packet. */
const server = createServer((socket) => {
  socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, TERMINATED])));
});
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const TERMINATED = message(
  'E',
  Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

describe('a connection that ends while it is opened', () => {
  it('fails waiting operations with SERVICE_UNAVAILABLE, and does not end the process', async () => {
    const { port } = server.address() as AddressInfo;
    const database = createDatabase({
      url: `postgresql://anybody@127.0.0.1:${port}/any`,
      live: { publish: () => {} },
      jobs: { send: async () => {} },
      logger: pino({ level: 'silent' }),
    });
    const unavailable = { code: 'SERVICE_UNAVAILABLE' };
    // An uncaught exception would fail the test run.
    await expect(database.transact(async () => {})).rejects.toMatchObject(unavailable);
    await expect(database.sql('SELECT 1')).rejects.toMatchObject(unavailable);
    await expect(database.prisma.tenant.count()).rejects.toMatchObject(unavailable);
    await database.close();
  });
});
