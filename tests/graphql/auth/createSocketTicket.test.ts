import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSocketTicket } from '../../../src/modules/auth/tickets/service.ts';
import { deleteExpiredTickets } from '../../../src/modules/auth/tickets/tickets.ts';
import { mutationDocument, testApp } from '../../support/app.ts';

const AUTH_FAILED = { code: 4403, reason: 'AUTH_FAILED' };

describe('createSocketTicket', () => {
  const app = testApp({ config: { role: 'api', environment: 'production' } });

  const create = (token: string, input: object = {}) =>
    app.mutate<{ __typename: string; ticket: string; expiresAt: string }>(
      'createSocketTicket',
      input,
      '... on CreateSocketTicketSuccess { ticket expiresAt }',
      { token },
    );
  const open = (ticket: string) => app.rawSocket({ path: `/graphql?ticket=${ticket}` });
  const refused = async (path: string) => {
    const socket = await app.rawSocket({ path });
    socket.send({ type: 'connection_init' });
    return socket.closed;
  };

  it('opens one WebSocket in the name of the viewer', async () => {
    const { token, session } = await app.register();
    const { ticket } = await create(token);
    const socket = await (await open(ticket)).init();
    socket.subscribe('1', '{ viewer { id } }');
    expect(await socket.next('next', '1')).toMatchObject({
      payload: { data: { viewer: { id: session.user.id } } },
    });
    expect(await refused(`/graphql?ticket=${ticket}`)).toEqual(AUTH_FAILED);
    socket.close();
  });

  it('opens only one of many WebSockets that present it at the same time', async () => {
    const { token } = await app.register();
    const { ticket } = await create(token);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => open(ticket)));
    for (const socket of sockets) socket.send({ type: 'connection_init' });
    const isOpen = sockets.map((socket) =>
      Promise.race([socket.next('connection_ack').then(() => true), socket.closed.then(() => false)]),
    );
    expect((await Promise.all(isOpen)).filter(Boolean)).toHaveLength(1);
    for (const socket of sockets) socket.close();
  });

  it('is stored as a hash, and deleted after its end', async () => {
    const { token } = await app.register();
    const { ticket, expiresAt } = await create(token, { expiresIn: 30 });
    const { prisma, sql } = app.services.database;
    const ticketHash = createHash('sha256').update(ticket).digest('hex');
    const row = await prisma.socketTicket.findUniqueOrThrow({ where: { ticketHash } });
    expect(row.expiresAt.toISOString()).toBe(new Date(expiresAt).toISOString());
    expect(JSON.stringify(row)).not.toContain(ticket);

    await sql(`UPDATE socket_tickets SET expires_at = now() - interval '1 second' WHERE ticket_hash = $1`, [
      ticketHash,
    ]);
    expect(await refused(`/graphql?ticket=${ticket}`)).toEqual(AUTH_FAILED);
    await deleteExpiredTickets(app.services);
    expect(await prisma.socketTicket.findUnique({ where: { ticketHash } })).toBeNull();
  });

  it('ends with the session that asked for it, before and after its use', async () => {
    const { token, session } = await app.register();
    const [used, unused] = [await create(token), await create(token)];
    const socket = await (await open(used.ticket)).init();
    await app.mutate('logout', { refreshToken: session.refreshToken });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Signed out' });
    expect(await refused(`/graphql?ticket=${unused.ticket}`)).toEqual(AUTH_FAILED);
  });

  it('replaces the token in the URL, which production does not accept', async () => {
    const { token } = await app.register();
    expect(await refused(`/graphql?token=${token}`)).toMatchObject({ code: 4401 });
    expect(await refused('/graphql?ticket=unknown')).toEqual(AUTH_FAILED);
    expect(await refused('/graphql?ticket=%00%ED%A0%80%E2%80%AE')).toEqual(AUTH_FAILED);
  });

  it.each([0, 61])('returns ValidationError for a ticket of %i seconds', async (expiresIn) => {
    const { token } = await app.register();
    expect(await create(token, { expiresIn })).toMatchObject({ __typename: 'ValidationError' });
  });

  it('requires a signed-in person', async () => {
    const document = mutationDocument('createSocketTicket', '');
    const { status } = await app.graphql(document, { input: {} });
    expect(status).toBe(401);
    const viewer = { credential: { kind: 'API_KEY' } } as never;
    const ctx = {
      ...app.services,
      viewer,
      requestId: 'request',
      client: { address: '', userAgent: null, languages: null },
    };
    await expect(createSocketTicket(ctx, { expiresIn: 1 })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
