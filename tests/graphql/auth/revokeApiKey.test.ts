import { describe, expect, it } from 'vitest';
import { type Account, mutationDocument, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { barrier, lockWaited } from '../../support/concurrency.ts';
import { openConversation } from '../../support/conversations.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const REVOKED = '... on RevokeApiKeySuccess { apiKey { id revokedAt } }';
const revoke = (account: Pick<Account, 'token'>, apiKeyId: string) =>
  app.mutate<{ __typename: string; apiKey?: { revokedAt: string } }>(
    'revokeApiKey',
    { apiKeyId },
    REVOKED,
    account,
  );
const codeOf = async (account: Pick<Account, 'token'>, apiKeyId: string) => {
  const document = mutationDocument('revokeApiKey', '');
  const { errors } = await app.graphql(document, { input: { apiKeyId } }, account);
  return errors?.[0]?.extensions?.['code'];
};

describe('revokeApiKey', () => {
  it('refuses the key at once, and keeps the time of the first revocation', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    const first = await revoke(ann, key.id);
    expect(first.apiKey?.revokedAt).toEqual(expect.any(String));
    const { status, errors } = await app.graphql('{ viewer { id } }', {}, key);
    expect([status, errors?.[0]?.message]).toEqual([
      401,
      'The API key was revoked. Create a new one with createApiKey.',
    ]);
    expect(await revoke(ann, key.id)).toEqual(first);
  });

  it('closes the WebSockets of the key within a second or so', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    const id = await openConversation(app, ann);
    const socket = app.socketClient(key);
    const closed = new Promise<unknown>((resolve) => socket.on('closed', resolve));
    const query = `subscription { conversationEvents(conversationId: "${id}") { __typename } }`;
    await socket.iterate({ query }).next();
    await revoke(ann, key.id);
    expect(await closed).toMatchObject({ code: 4403 });
    await socket.dispose();
  });

  it('gives ten revocations at once the same answer', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    const answers = await Promise.all(Array.from({ length: 10 }, () => revoke(ann, key.id)));
    expect(new Set(answers.map(({ apiKey }) => apiKey?.revokedAt)).size).toBe(1);
  });

  it('revokes what was created with the key, and what was created with that', async () => {
    const ann = await app.register();
    const manages = { permissions: ['API_KEY_MANAGE'] };
    const key = await createKey(app, ann, manages);
    const child = await createKey(app, key, manages);
    const grandchild = await createKey(app, child);
    const other = await createKey(app, ann);
    const statuses = async () =>
      Promise.all(
        [key, child, grandchild, other].map(
          async (one) => (await app.graphql('{ viewer { id } }', {}, one)).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await revoke(ann, key.id);
    expect(await statuses()).toEqual([401, 401, 401, 200]);
  });

  it('revokes a key that is being created with it', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    const { database } = app.services;
    const { wait, reached, open } = barrier();
    const creation = database.transact(async (tx) => {
      const { userId, tenantId } = await tx.prisma.apiKey.findUniqueOrThrow({ where: { id: rowId(key.id) } });
      await tx.sql('SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
      const data = { userId, tenantId, name: 'Child', prefix: 'af_', keyHash: key.id };
      const { id } = await tx.prisma.apiKey.create({ data: { ...data, createdByKeyId: rowId(key.id) } });
      await wait();
      return id;
    });
    await reached;
    const revoked = revoke(ann, key.id);
    await lockWaited(app).finally(open);
    const id = await creation;
    await revoked;
    expect(await database.prisma.apiKey.findUniqueOrThrow({ where: { id } })).toMatchObject({
      revokedAt: expect.any(Date),
    });
  });

  it('lets an ADMIN revoke a key of any member, but not with a key that does not manage users', async () => {
    const admin = await app.register();
    const key = await createKey(app, await app.member(admin, 'USER'));
    const narrow = await createKey(app, admin, { permissions: ['API_KEY_MANAGE'] });
    expect(await revoke(narrow, key.id)).toMatchObject({ __typename: 'NotFoundError' });
    expect(await revoke(admin, key.id)).toMatchObject({ __typename: 'RevokeApiKeySuccess' });
  });

  it('lets a member who became a GUEST revoke their own key, but not with a key', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const manages = await createKey(app, ann, { permissions: ['API_KEY_MANAGE'] });
    const key = await createKey(app, ann);
    await app.mutate('setUserRole', { userId: ann.session.user.id, role: 'GUEST' }, '', admin);
    expect(await codeOf(manages, key.id)).toBe('FORBIDDEN');
    expect(await revoke(ann, key.id)).toMatchObject({ __typename: 'RevokeApiKeySuccess' });
    expect((await app.graphql('{ viewer { id } }', {}, key)).status).toBe(401);
  });

  it('lets no key without API_KEY_MANAGE revoke keys of its owner, and tells it nothing about them', async () => {
    const ann = await app.register();
    const narrow = await createKey(app, ann, { permissions: [] });
    const other = await createKey(app, ann);
    expect([await codeOf(narrow, other.id), await codeOf(narrow, 'missing')]).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    expect((await app.graphql('{ viewer { id } }', {}, other)).status).toBe(200);
  });

  itRefuses(app, 'revokeApiKey', {
    input: async (owner) => ({ apiKeyId: (await createKey(app, owner)).id }),
    idField: { name: 'apiKeyId', type: 'ApiKey' },
    isForGuests: true,
  });
});
