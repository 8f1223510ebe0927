import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { settleDepartures } from '../../../src/modules/auth/members/departures.ts';
import { settleConversations } from '../../../src/modules/conversations/departure.ts';
import { settleRuns } from '../../../src/modules/pipelines/departure.ts';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { NEED, openConversation, replyEnded, send } from '../../support/conversations.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });
const REMOVED = '... on RemoveUserSuccess { user { id displayName email } } ... on ConflictError { reason }';
const remove = (admin: Account, userId: string) => app.mutate('removeUser', { userId }, REMOVED, admin);

describe('removeUser', () => {
  it('ends the member’s sessions and keys at once, and erases the address but not the name', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const key = await createKey(app, user);
    const { id, displayName } = user.session.user;
    expect(await remove(admin, id)).toEqual({
      __typename: 'RemoveUserSuccess',
      user: { id, displayName, email: null },
    });
    for (const credential of [user, key]) {
      expect((await app.graphql('{ viewer { id } }', {}, credential)).status).toBe(401);
    }
    const login = await app.signIn('login', { email: user.email, password: user.password });
    expect(login.__typename).toBe('InvalidCredentialsError');
    const row = await app.services.database.prisma.user.findUniqueOrThrow({ where: { id: rowId(id) } });
    expect(row).toMatchObject({ email: null, passwordHash: null, removedAt: expect.any(Date) });
    expect((await app.register({ email: user.email })).session.user.id).not.toBe(id);
  });

  it('erases the invited address, also after the member has joined with another one', async () => {
    const admin = await app.register();
    const joined = async (name: string) => {
      const input = { email: `${name}-${randomUUID()}@example.com`, role: 'USER' };
      const selection = '... on InviteUserSuccess { secret }';
      const { secret } = await app.mutate<{ secret: string }>('inviteUser', input, selection, admin);
      return app.register({ invitation: secret } as Partial<Account>);
    };
    const [removed, deleted] = [await joined('removed'), await joined('deleted')];
    const stays = await joined('stays');
    await remove(admin, removed.session.user.id);
    await app.mutate('deleteAccount', { password: deleted.password }, '', deleted);
    const { data } = await app.graphql('{ invitations(first: 10) { nodes { email } } }', {}, admin);
    expect(data).toEqual({ invitations: { nodes: [{ email: expect.stringMatching(/^stays-/) }] } });
    expect(stays.session.user.tenant.id).toBe(admin.session.user.tenant.id);
  });

  it('closes the member’s live connections within a second or so', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const id = await openConversation(app, user);
    const socket = app.socketClient(user);
    const closed = new Promise<number>((resolve) =>
      socket.on('closed', (event) => resolve((event as { code: number }).code)),
    );
    const query = `subscription { conversationEvents(conversationId: "${id}") { __typename } }`;
    const events = socket.iterate({ query });
    await events.next();
    await remove(admin, user.session.user.id);
    expect(await closed).toBe(4403);
    await socket.dispose();
  });

  it('cancels the member’s open runs and replies, and makes the objects the ADMIN’s', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    for (const task of ['long', 'discussion.reply']) model.hold(task);
    const conversation = await openConversation(app, user);
    const { reply } = await send(app, user, conversation, NEED);
    const running = await startRun(app, user, design({ key: 'long' }));
    const waiting = await startRun(app, user, design({ key: 'asks', approval: {} }));
    await runWhen(app, user, waiting, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    await eventually(() => model.timesCalled('long') > 0 && model.timesCalled('discussion.reply') > 0);
    const { prisma } = app.services.database;
    const where = { id: rowId(conversation) };

    await remove(admin, user.session.user.id);
    for (const run of [running, waiting]) {
      expect((await runWhen(app, admin, run, hasEnded)).status).toBe('CANCELLED');
    }
    expect((await replyEnded(app, admin, reply!.id)).status).toBe('CANCELLED');
    const ownerId = rowId(admin.session.user.id);
    await eventually(
      async () =>
        (await prisma.pipelineExecution.count({ where: { ownerId } })) === 2 &&
        (await prisma.conversation.findUniqueOrThrow({ where })).ownerId === ownerId,
    );
    const input = { conversationId: conversation, title: 'Mine' };
    expect((await app.mutate('renameConversation', input, '', admin)).__typename).toBe(
      'RenameConversationSuccess',
    );
  }, 30_000);

  it('passes on what a removed ADMIN was still to get', async () => {
    const first = await app.register();
    const other = await app.member(first, 'ADMIN');
    const user = await app.member(first, 'USER');
    const conversation = await openConversation(app, user);
    await remove(other, user.session.user.id);
    await remove(first, other.session.user.id);
    const { prisma } = app.services.database;
    await eventually(async () => {
      const { ownerId } = await prisma.conversation.findUniqueOrThrow({ where: { id: rowId(conversation) } });
      return ownerId === rowId(first.session.user.id);
    });
  });

  it('does not remove oneself, nor a user of another tenant', async () => {
    const admin = await app.register();
    expect(await remove(admin, admin.session.user.id)).toMatchObject({
      __typename: 'ConflictError',
      reason: 'WRONG_STATE',
    });
    const stranger = await app.register();
    for (const id of [stranger.session.user.id, encodeId('User', randomUUID()), 'x']) {
      expect(await remove(admin, id)).toMatchObject({ __typename: 'NotFoundError' });
    }
  });

  itRefuses(app, 'removeUser', { input: async (owner) => ({ userId: owner.session.user.id }) });
});

describe('removeUser while no worker runs', () => {
  const api = testApp({ config: { role: 'api' } });

  it('leaves what is to be done in the database, where the next worker finds it', async () => {
    const admin = await api.register();
    const user = await api.member(admin, 'USER');
    const where = { id: rowId(await openConversation(api, user)) };
    await api.mutate('removeUser', { userId: user.session.user.id }, '', admin);
    const { prisma } = api.services.database;
    const owner = async () => (await prisma.conversation.findUniqueOrThrow({ where })).ownerId;
    expect(await owner()).toBe(rowId(user.session.user.id));
    const settle = () => settleDepartures(api.services, [settleRuns, settleConversations]);
    await Promise.all([settle(), settle()]);
    expect(await owner()).toBe(rowId(admin.session.user.id));
    expect(await prisma.departure.count()).toBe(1);
    await prisma.departure.updateMany({ data: { createdAt: new Date(Date.now() - 120_000) } });
    await settle();
    expect(await prisma.departure.count()).toBe(0);
  });
});
