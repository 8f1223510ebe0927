import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { openConversation } from '../../support/conversations.ts';
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

  it('lets an ADMIN revoke a key of any member, but not with a key that does not manage users', async () => {
    const admin = await app.register();
    const key = await createKey(app, await app.member(admin, 'USER'));
    const narrow = await createKey(app, admin, { permissions: ['API_KEY_MANAGE'] });
    expect(await revoke(narrow, key.id)).toMatchObject({ __typename: 'NotFoundError' });
    expect(await revoke(admin, key.id)).toMatchObject({ __typename: 'RevokeApiKeySuccess' });
  });

  itRefuses(app, 'revokeApiKey', {
    input: async (owner) => ({ apiKeyId: (await createKey(app, owner)).id }),
    idField: { name: 'apiKeyId', type: 'ApiKey' },
  });
});
