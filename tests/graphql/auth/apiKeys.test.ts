import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey, type Key } from '../../support/api-keys.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import { recordedStatements } from '../../support/statements.ts';

const app = testApp({ config: { role: 'api' } });
const PERMISSIONS = '{ viewer { id role permissions } }';
const ask = (account: Pick<Account, 'token'>, query = PERMISSIONS) =>
  app.graphql<{ viewer: { id: string; permissions: string[] } }>(query, {}, account);
const setRow = (key: Key, change: object) =>
  app.services.database.prisma.apiKey.update({ where: { id: rowId(key.id) }, data: change });

describe('an API key', () => {
  const statements = recordedStatements();

  it('acts as its owner, with the permissions that it was given', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann, { permissions: ['PIPELINE_EXECUTE'] });
    const { data } = await ask(key);
    expect(data).toEqual({
      viewer: { id: ann.session.user.id, role: 'ADMIN', permissions: ['PIPELINE_EXECUTE'] },
    });
    const { status, errors } = await app.graphql(
      'mutation { createConversation(input: {}) { __typename } }',
      {},
      key,
    );
    expect([status, errors?.[0]?.extensions?.['code']]).toEqual([403, 'FORBIDDEN']);
  });

  it('is read from X-API-Key too, which takes nothing else', async () => {
    const ann = await app.register();
    const { token } = await createKey(app, ann);
    const send = (key: string) => app.graphql('{ viewer { id } }', {}, { headers: { 'x-api-key': key } });
    expect((await send(token)).data).toEqual({ viewer: { id: ann.session.user.id } });
    for (const wrong of [ann.token, `${token}x`, token.slice(0, -1), 'x']) {
      const { status, errors } = await send(wrong);
      expect([status, errors?.[0]?.message]).toEqual([
        401,
        'The API key is invalid. Check that it is complete.',
      ]);
    }
  });

  it('loses what its owner’s role loses, at its next use', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann, { permissions: ['USER_MANAGE', 'AGENT_EXECUTE'] });
    const { prisma } = app.services.database;
    const setRole = (role: 'USER' | 'GUEST') =>
      prisma.user.update({ where: { id: rowId(ann.session.user.id) }, data: { role } });
    await setRole('USER');
    expect((await ask(key)).data?.viewer.permissions).toEqual(['AGENT_EXECUTE']);
    await setRole('GUEST');
    expect((await ask(key)).data?.viewer.permissions).toEqual([]);
  });

  it('cannot do what only a person may', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann, { permissions: ann.session.user.permissions });
    const { status, errors } = await app.graphql(
      'mutation { deleteAccount(input: { password: "correct horse battery" }) { __typename } }',
      {},
      key,
    );
    expect([status, errors?.[0]?.message]).toEqual([
      403,
      'deleteAccount cannot be used with an API key. Sign in as a person.',
    ]);
  });

  it.each([
    [
      'has expired',
      { expiresAt: new Date(0) },
      'The API key has expired. Create a new one with createApiKey.',
    ],
    [
      'was revoked',
      { revokedAt: new Date() },
      'The API key was revoked. Create a new one with createApiKey.',
    ],
    ['is unknown', { keyHash: crypto.randomUUID() }, 'The API key is invalid. Check that it is complete.'],
  ])('is refused when it %s', async (_how, change, message) => {
    const key = await createKey(app, await app.register());
    await setRow(key, change);
    const { status, errors } = await ask(key);
    expect([status, errors?.[0]?.message]).toEqual([401, message]);
  });

  it('is refused when its owner was removed', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann);
    await app.services.database.prisma.user.update({
      where: { id: rowId(ann.session.user.id) },
      data: { removedAt: new Date() },
    });
    expect((await ask(key)).status).toBe(401);
  });

  it('must agree with X-User-ID and X-Tenant-ID when they are sent', async () => {
    const ann = await app.register();
    const { token } = await createKey(app, ann);
    const send = (headers: Record<string, string>) => app.graphql(PERMISSIONS, {}, { token, headers });
    const { id, tenant } = ann.session.user;
    expect((await send({ 'x-user-id': rowId(id), 'x-tenant-id': tenant.externalId })).status).toBe(200);
    expect((await send({ 'x-user-id': 'somebody' })).status).toBe(403);
  });

  it('is checked in one statement, and its use is recorded once a minute', async () => {
    const key = await createKey(app, await app.register());
    const lastUse = async () =>
      (await app.services.database.prisma.apiKey.findUniqueOrThrow({ where: { id: rowId(key.id) } }))
        .lastUsedAt;
    await ask(key, '{ models { name } }');
    const first = await eventually(async () => (await lastUse()) ?? false);
    app.services.checkedCredentials.clear();
    const query = () => ask(key, '{ models { name } }');
    expect(await statements.checksDuring(query)).toHaveLength(1);
    expect((await statements.during(query)).filter(({ text }) => text.includes('api_keys'))).toEqual([]);
    expect(await lastUse()).toEqual(first);
    await setRow(key, { lastUsedAt: new Date(Date.now() - 120_000) });
    app.services.checkedCredentials.clear();
    await ask(key, '{ models { name } }');
    await eventually(async () => (await lastUse())!.getTime() >= first.getTime());
  });
});

describe('apiKeys', () => {
  const LIST = '{ apiKeys { id name revokedAt } }';

  it('lists one’s own keys, newest first and revoked ones last', async () => {
    const admin = await app.register();
    await createKey(app, await app.member(admin, 'USER'));
    const [one, two, three] = [
      await createKey(app, admin),
      await createKey(app, admin),
      await createKey(app, admin),
    ];
    await app.mutate('revokeApiKey', { apiKeyId: two.id }, '', admin);
    const { data } = await app.graphql<{ apiKeys: { id: string }[] }>(LIST, {}, admin);
    expect(data!.apiKeys.map(({ id }) => id)).toEqual([three.id, one.id, two.id]);
  });

  it('of a user are shown to the user and to those who manage users', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const colleague = await app.member(admin, 'USER');
    const key = await createKey(app, user);
    const query = 'query ($id: ID!) { node(id: $id) { ... on User { apiKeys { id } } } }';
    const seenBy = async (reader: Pick<Account, 'token'>) =>
      (await app.graphql(query, { id: user.session.user.id }, reader)).data;
    for (const reader of [user, admin])
      expect(await seenBy(reader)).toEqual({ node: { apiKeys: [{ id: key.id }] } });
    const narrow = await createKey(app, admin);
    for (const reader of [colleague, narrow]) expect(await seenBy(reader)).toEqual({ node: { apiKeys: [] } });
  });
});
