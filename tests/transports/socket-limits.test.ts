import { describe, expect, it } from 'vitest';
import {
  CLOSE,
  MAX_SOCKETS_PER_USER,
  MAX_UNAUTHENTICATED_SOCKETS,
} from '../../src/transport/graphql/socket/close.ts';
import { createKey } from '../support/api-keys.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import type { RawSocket } from '../support/raw-socket.ts';

const closeOf = ([code, reason]: readonly [number, string]) => ({ code, reason });

describe('limits of sockets', () => {
  const app = testApp({ config: { role: 'api', trustedProxies: ['127.0.0.1'] } });

  it(`a user may have ${MAX_SOCKETS_PER_USER}: one more is closed with 1013, until another closes`, async () => {
    const { token } = await app.register();
    const sockets: RawSocket[] = [];
    for (let i = 0; i < MAX_SOCKETS_PER_USER; i++)
      sockets.push(await (await app.rawSocket()).init({ token }));
    const refused = await app.rawSocket();
    refused.send({ type: 'connection_init', payload: { token } });
    expect(await refused.closed).toEqual(closeOf(CLOSE.tooManySockets));
    const other = await app.register();
    sockets.push(await (await app.rawSocket()).init({ token: other.token }));

    sockets.shift()!.close();
    await eventually(async () => {
      const socket = await app.rawSocket();
      socket.send({ type: 'connection_init', payload: { token } });
      await Promise.race([
        socket.next('connection_ack'),
        socket.closed.then(() => Promise.reject(new Error('full'))),
      ]);
      sockets.push(socket);
    });
    expect(sockets.every((socket) => socket.isOpen)).toBe(true);
    for (const socket of sockets) socket.close();
  });

  it(`an address may have ${MAX_UNAUTHENTICATED_SOCKETS} that have not signed in`, async () => {
    const from = (address: string) => app.rawSocket({ headers: { 'x-forwarded-for': address } });
    const sockets = await Promise.all(
      Array.from({ length: MAX_UNAUTHENTICATED_SOCKETS }, (_, i) => from(`2001:db8:1:2::${i + 1}`)),
    );
    expect(await (await from('2001:db8:1:2:ffff::1')).closed).toEqual(closeOf(CLOSE.tooManyUnauthenticated));
    const elsewhere = await from('2001:db8:1:3::1');
    const { token } = await app.register();
    await sockets[0]!.init({ token });
    const next = await from('2001:db8:1:2::99');
    await next.init({ token });
    expect([...sockets, elsewhere, next].every((socket) => socket.isOpen)).toBe(true);
    for (const socket of [...sockets, elsewhere, next]) socket.close();
  });

  it('a message of the size of an HTTP body is read', async () => {
    const { token } = await app.register();
    const socket = await (await app.rawSocket()).init({ token });
    const query = 'query ($text: String) { __typename }';
    socket.send({ type: 'subscribe', id: '1', payload: { query, variables: { text: 'x'.repeat(990_000) } } });
    await eventually(() => expect(socket.messages.some(({ id }) => id === '1')).toBe(true));
    expect(socket.isOpen).toBe(true);
    socket.close();
  });

  it.each(['\ud800', '\0', '\u202e', 'é'.repeat(100_000), '"', '%00'])(
    'odd credentials are refused',
    async (text) => {
      for (const payload of [
        { token: text },
        { apiKey: text },
        { headers: { Authorization: `Bearer ${text}` } },
      ]) {
        const socket = await app.rawSocket();
        socket.send({ type: 'connection_init', payload });
        expect(await socket.closed).toEqual(closeOf(CLOSE.authFailed));
      }
    },
  );

  it('an API key opens a socket, which closes within a second of its revocation', async () => {
    const { token } = await app.register();
    const key = await createKey(app, { token });
    const socket = await (await app.rawSocket()).init({ apiKey: key.token });
    socket.subscribe('1', '{ viewer { id } }');
    await socket.next('next', '1');
    await app.mutate('revokeApiKey', { apiKeyId: key.id }, '', { token });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'API key revoked' });
  });
});
