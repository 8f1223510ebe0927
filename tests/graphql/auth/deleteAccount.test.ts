import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { NEED, openConversation, send, talk } from '../../support/conversations.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });
const DELETED = `... on DeleteAccountSuccess { deletedId }
  ... on ValidationError { issues { path code } } ... on ConflictError { reason }`;
const remove = (account: Account, input: object = { password: account.password }) =>
  app.mutate('deleteAccount', input, DELETED, account);

describe('deleteAccount', () => {
  it('erases the person and ends every credential at once', async () => {
    const ann = await app.register({ displayName: 'Ann Canary' });
    const key = await createKey(app, ann, { name: 'Canary key' });
    const { id, tenant } = ann.session.user;
    expect(await remove(ann)).toEqual({ __typename: 'DeleteAccountSuccess', deletedId: id });
    for (const credential of [ann, key]) {
      expect((await app.graphql('{ viewer { id } }', {}, credential)).status).toBe(401);
    }
    const rows = await app.services.database.sql<{ row: string }>(
      `SELECT users::text AS row FROM users WHERE tenant_id = $1
       UNION ALL SELECT tenants::text FROM tenants WHERE id = $1
       UNION ALL SELECT api_keys::text FROM api_keys WHERE tenant_id = $1
       UNION ALL SELECT sessions::text FROM sessions WHERE user_id = $2`,
      [rowId(tenant.id), rowId(id)],
    );
    expect(rows).toHaveLength(2);
    for (const { row } of rows) {
      expect(row).toContain('Deleted user');
      expect(row).not.toContain(ann.email);
    }
    const again = await app.register({ email: ann.email });
    expect(again.session.user.id).not.toBe(id);
  });

  it('deletes conversations and runs when what is open has been cancelled, and keeps the ledger', async () => {
    const ann = await app.register();
    const ownerId = rowId(ann.session.user.id);
    const ended = await startRun(app, ann, design({ key: 'short' }));
    await runWhen(app, ann, ended, hasEnded);
    const conversation = await openConversation(app, ann);
    await talk(app, ann, conversation, NEED);
    for (const task of ['long', 'discussion.reply']) model.hold(task);
    const running = await startRun(app, ann, design({ key: 'long' }));
    const waiting = await startRun(app, ann, design({ key: 'asks', approval: {} }));
    await runWhen(app, ann, waiting, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    await send(app, ann, conversation, 'And cheaper?');
    await eventually(() => model.timesCalled('long') > 0);

    await remove(ann);
    const { prisma, sql } = app.services.database;
    await eventually(
      async () =>
        (await prisma.pipelineExecution.count({ where: { ownerId } })) === 0 &&
        (await prisma.conversation.count({ where: { ownerId } })) === 0,
      { timeoutMs: 15_000 },
    );
    expect(model.aborted).toContain('long');
    const executionId = { in: [ended, running, waiting].map(rowId) };
    expect(await prisma.ledgerEntry.count({ where: { userId: ownerId, executionId } })).toBeGreaterThan(0);
    const events = await sql('SELECT FROM events WHERE log_id LIKE $1', [`%${rowId(running)}`]);
    expect(events).toEqual([]);
  }, 30_000);

  it.each([
    [{ password: 'wrong' }, { __typename: 'InvalidCredentialsError' }],
    [{}, { __typename: 'ValidationError', issues: [{ path: ['password'], code: 'REQUIRED' }] }],
  ])('refuses %j', async (input, answer) => {
    const ann = await app.register();
    expect(await remove(ann, input)).toMatchObject(answer);
    expect((await app.graphql('{ viewer { id } }', {}, ann)).status).toBe(200);
  });

  it('does not leave a tenant with members without an ADMIN', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    expect(await remove(admin)).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
    await app.mutate('setUserRole', { userId: user.session.user.id, role: 'ADMIN' }, '', admin);
    expect(await remove(admin)).toMatchObject({ __typename: 'DeleteAccountSuccess' });
  });

  it('asks for no password of another issuer’s user, and denies the tokens given out so far', async () => {
    const ann = await app.register();
    const { prisma } = app.services.database;
    const id = rowId(ann.session.user.id);
    await prisma.user.update({ where: { id }, data: { subject: 'ann', passwordHash: null } });
    expect(await remove(ann, {})).toMatchObject({ __typename: 'DeleteAccountSuccess' });
    expect(await prisma.deniedToken.findFirst({ where: { subject: 'ann' } })).toMatchObject({
      issuedBy: expect.any(Date),
    });
    expect(await prisma.user.findUniqueOrThrow({ where: { id } })).toMatchObject({ subject: null });
  });

  it('asks for a person', async () => {
    const document = 'mutation { deleteAccount(input: {}) { __typename } }';
    expect((await app.graphql(document)).status).toBe(401);
    expect((await app.graphql(document, {}, await createKey(app, await app.register()))).status).toBe(403);
  });
});
