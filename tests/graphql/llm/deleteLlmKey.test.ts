import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { storedLlmKey } from '../../support/llm-keys.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const remove = (account: Account, llmKeyId: string) =>
  app.mutate<{ __typename: string; deletedId?: string }>(
    'deleteLlmKey',
    { llmKeyId },
    '... on DeleteLlmKeySuccess { deletedId }',
    account,
  );

describe('deleteLlmKey', () => {
  it('deletes a key once', async () => {
    const ann = await app.register();
    const id = await storedLlmKey(app, ann, 'USER');
    expect(await remove(ann, id)).toMatchObject({ deletedId: id });
    expect(await remove(ann, id)).toMatchObject({ __typename: 'NotFoundError' });
  });

  it('deletes a key of the tenant for its ADMINs only', async () => {
    const admin = await app.register();
    const member = await app.member(admin, 'USER');
    const id = await storedLlmKey(app, admin, 'TENANT');
    expect(await remove(member, id)).toMatchObject({ __typename: 'NotFoundError' });
    expect(await remove(admin, id)).toMatchObject({ deletedId: id });
  });

  it('leaves the keys of members to themselves, also for ADMINs', async () => {
    const admin = await app.register();
    const member = await app.member(admin, 'USER');
    const id = await storedLlmKey(app, member, 'USER');
    expect(await remove(admin, id)).toMatchObject({ __typename: 'NotFoundError' });
  });

  itRefuses(app, 'deleteLlmKey', {
    input: async (owner) => ({ llmKeyId: await storedLlmKey(app, owner, 'USER') }),
    idField: { name: 'llmKeyId', type: 'LlmKey' },
  });
});
