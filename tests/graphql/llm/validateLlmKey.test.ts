import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { keyProvider, LLM_KEY, type SavedKey, saveKey, storedLlmKey } from '../../support/llm-keys.ts';
import { itRefuses } from '../../support/refusals.ts';
import { sendError } from '../../support/scripted-provider.ts';

const provider = keyProvider();
const app = testApp({ config: { role: 'api', allowedPrivateHosts: provider.hosts } });
const stored = (account: Account, secret = 'sk-good-for-tests') =>
  storedLlmKey(app, account, 'USER', { secret, baseUrl: provider.url });
const validate = (account: Account, llmKeyId: string) =>
  app.mutate<SavedKey>(
    'validateLlmKey',
    { llmKeyId },
    `... on ValidateLlmKeySuccess { llmKey ${LLM_KEY} } ... on ProviderError { retryable }`,
    account,
  );

describe('validateLlmKey', () => {
  it('stores what the provider says: INVALID with a reason, and VALID when it is good again', async () => {
    const ann = await app.register();
    const bad = await validate(ann, await stored(ann, 'sk-revoked-meanwhile'));
    expect(bad.llmKey).toMatchObject({
      status: 'INVALID',
      statusReason: expect.stringMatching(/^OpenAI does not accept this key\./),
      validatedAt: expect.any(String),
    });
    const { llmKey } = await saveKey(app, ann, { key: 'sk-good-for-tests', baseUrl: provider.url });
    expect((await validate(ann, llmKey.id)).llmKey).toMatchObject({
      id: bad.llmKey.id,
      status: 'VALID',
      statusReason: null,
    });
  });

  it('changes nothing when the provider cannot be asked', async () => {
    const ann = await app.register();
    const { llmKey } = await saveKey(app, ann, { key: 'sk-good-for-tests', baseUrl: provider.url });
    const { answer } = provider.server;
    provider.server.answer = (response) => sendError(response, 503, {});
    try {
      expect(await validate(ann, llmKey.id)).toMatchObject({ __typename: 'ProviderError', retryable: true });
    } finally {
      provider.server.answer = answer;
    }
    const { data } = await app.graphql<{ llmKeys: SavedKey['llmKey'][] }>(`{ llmKeys ${LLM_KEY} }`, {}, ann);
    expect(data?.llmKeys).toEqual([llmKey]);
  });

  it('asks about no key whose sealed text came from another row', async () => {
    const [ann, bob] = [await app.register(), await app.register()];
    const [of, to] = [await stored(ann), await stored(bob)];
    await app.services.database.sql(
      'UPDATE llm_keys SET sealed = (SELECT sealed FROM llm_keys WHERE id = $1) WHERE id = $2',
      [rowId(of), rowId(to)],
    );
    provider.server.reset();
    expect(await validate(bob, to)).toMatchObject({
      __typename: 'ProviderError',
      retryable: false,
      message: 'This server cannot decrypt the stored key. Save it again.',
    });
    expect(provider.server.requests).toEqual([]);
  });

  itRefuses(app, 'validateLlmKey', {
    input: async (owner) => ({ llmKeyId: await stored(owner) }),
    idField: { name: 'llmKeyId', type: 'LlmKey' },
  });
});
