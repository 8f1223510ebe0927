import { describe, expect, it } from 'vitest';
import { openKey } from '../../../src/modules/llm/keys/sealed-key.ts';
import { testApp } from '../../support/app.ts';
import { placesOf } from '../../support/canaries.ts';
import { rowId } from '../../support/ids.ts';
import { keyProvider, saveKey } from '../../support/llm-keys.ts';
import { itRefuses } from '../../support/refusals.ts';
import { sendError } from '../../support/scripted-provider.ts';

const provider = keyProvider();
const app = testApp({ config: { role: 'api', allowedPrivateHosts: provider.hosts } });
provider.hosts.push('127.0.0.1:1025'); // where nobody listens
const KEY = 'sk-good-canary-0123456789abcdefghijklmnop';
const row = (id: string) =>
  app.services.database.prisma.llmKey.findUniqueOrThrow({ where: { id: rowId(id) } });

describe('saveLlmKey', () => {
  it('asks the provider, encrypts the key and shows its first characters only', async () => {
    const ann = await app.register();
    const { llmKey } = await saveKey(app, ann, { key: ` ${KEY}\n`, baseUrl: `${provider.url}/` });
    expect(llmKey).toEqual({
      id: expect.any(String),
      provider: 'OPENAI',
      prefix: 'sk-good-cana',
      baseUrl: provider.url,
      scope: 'USER',
      status: 'VALID',
      statusReason: null,
      validatedAt: expect.any(String),
      createdAt: expect.any(String),
      lastUsedAt: null,
    });
    expect(await placesOf(app, [KEY])).toEqual([]);
    expect(openKey(app.services.keyring, await row(llmKey.id))).toBe(KEY);
  });

  it('replaces the key that the same holder has for the same server', async () => {
    const ann = await app.register();
    const first = await saveKey(app, ann, { key: KEY, baseUrl: provider.url });
    const saves = Array.from({ length: 4 }, (_, n) =>
      saveKey(app, ann, { key: `sk-good-${n}-xxxxxxxxxxxx`, baseUrl: provider.url }),
    );
    const ids = (await Promise.all(saves)).map(({ llmKey }) => llmKey.id);
    expect(new Set([first.llmKey.id, ...ids])).toEqual(new Set([first.llmKey.id]));
    const other = await saveKey(app, ann, { key: KEY, baseUrl: `${provider.url}/other/v1` });
    const ofTenant = await saveKey(app, ann, { key: KEY, baseUrl: provider.url, scope: 'TENANT' });
    expect(ofTenant.llmKey.scope).toBe('TENANT');
    expect(new Set([first.llmKey.id, other.llmKey.id, ofTenant.llmKey.id]).size).toBe(3);
  });

  it('stores one row when first keys are saved at once', async () => {
    const ann = await app.register();
    const saves = Array.from({ length: 6 }, (_, n) =>
      saveKey(app, ann, { key: `sk-good-${n}-xxxxxxxxxxxx`, baseUrl: provider.url }),
    );
    const saved = await Promise.all(saves);
    expect(new Set(saved.map(({ llmKey }) => llmKey.id)).size).toBe(1);
    const stored = await row(saved[0]!.llmKey.id);
    expect(openKey(app.services.keyring, stored)).toMatch(/^sk-good-\d-x+$/);
  });

  it('does not store a key that the provider refuses, and does not repeat it', async () => {
    const ann = await app.register();
    const key = 'sk-bad-canary-0123456789abcdef';
    const refused = await saveKey(app, ann, { key, baseUrl: provider.url });
    expect(refused).toMatchObject({ __typename: 'ProviderError', provider: 'OPENAI', retryable: false });
    expect(refused.message).toMatch(
      /^OpenAI does not accept this key\. .+ OpenAI answered: "Incorrect API key: \[key\]"$/,
    );
    const where = { ownerId: rowId(ann.session.user.id) };
    expect(await app.services.database.prisma.llmKey.count({ where })).toBe(0);
    expect(await placesOf(app, [key])).toEqual([]);
  });

  it('does not store a key for another server that cannot be reached', async () => {
    const refused = await saveKey(app, await app.register(), {
      key: KEY,
      baseUrl: 'http://127.0.0.1:1025/v1',
    });
    expect(refused).toMatchObject({ __typename: 'ProviderError', retryable: true });
    expect(refused.message).toMatch(/^OpenAI cannot be reached\./);
  });

  it.each([
    [{ provider: 'OFFLINE', key: KEY }, 'provider', 'NOT_ALLOWED'],
    [{ key: 'short' }, 'key', 'TOO_SHORT'],
    [{ key: 'x'.repeat(513) }, 'key', 'TOO_LONG'],
    [{ key: 'sk-good with spaces' }, 'key', 'INVALID_FORMAT'],
    [{ key: 'sk-good-ключ-ключ' }, 'key', 'INVALID_FORMAT'],
    [{ key: KEY, baseUrl: 'nonsense' }, 'baseUrl', 'NOT_ALLOWED'],
    [{ key: KEY, baseUrl: 'http://api.example.com/v1' }, 'baseUrl', 'NOT_ALLOWED'],
    [{ key: KEY, baseUrl: 'https://ann:secret@api.example.com/v1' }, 'baseUrl', 'NOT_ALLOWED'],
    [{ key: KEY, baseUrl: 'https://api.example.com:6379/v1' }, 'baseUrl', 'NOT_ALLOWED'],
    [{ key: KEY, baseUrl: 'file:///etc/passwd' }, 'baseUrl', 'NOT_ALLOWED'],
    [{ key: KEY, baseUrl: 'https://api.example.com/v1?a=b' }, 'baseUrl', 'INVALID_FORMAT'],
    [{ key: KEY, baseUrl: 'https://api.example.com/v1/responses/' }, 'baseUrl', 'INVALID_FORMAT'],
  ])('rejects %j', async (input, field, code) => {
    const refused = await saveKey(app, await app.register(), input);
    expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: [field], code }] });
    expect(JSON.stringify(refused)).not.toContain(input.key);
  });

  it.each([
    'https://10.0.0.1/v1',
    'https://169.254.169.254',
    'https://[::1]/v1',
    'https://localhost/v1',
    'https://0x7f.1/',
  ])('sends nothing to %s, and says the same as for a server that is down', async (baseUrl) => {
    const refused = await saveKey(app, await app.register(), { key: KEY, baseUrl });
    expect(refused).toMatchObject({ __typename: 'ProviderError', retryable: true });
    expect(refused.message).toMatch(
      /^OpenAI cannot be reached\. Try again later\. A base URL must belong to/,
    );
  });

  it('follows no redirect', async () => {
    const { answer } = provider.server;
    provider.server.reset();
    provider.server.answer = (response) =>
      response.writeHead(302, { location: `${provider.url}/elsewhere` }).end();
    try {
      const refused = await saveKey(app, await app.register(), { key: KEY, baseUrl: provider.url });
      expect(refused.message).toMatch(/^The server does not answer as OpenAI does\. Check the base URL\./);
      expect(provider.server.requests).toHaveLength(1);
    } finally {
      provider.server.answer = answer;
    }
  });

  it.each([
    [429, { error: { code: 'insufficient_quota' } }, /no credit or quota left/, false],
    [403, { error: { code: 'unsupported_country_region_territory' } }, /does not serve the region/, false],
    [403, { error: { message: 'Your IP is not allowed' } }, /does not let it be used here/, false],
    [429, { error: { code: 'rate_limit_exceeded' } }, /too many requests/, true],
    [500, { error: { message: 'oops' } }, /cannot be reached/, true],
    [404, { detail: 'Not Found' }, /Check the base URL/, false],
    [200, { hello: 'world' }, /Check the base URL/, false],
  ])('says what is wrong after %d %j', async (status, body, message, retryable) => {
    const { answer } = provider.server;
    provider.server.answer = (response) => sendError(response, status, body);
    try {
      const refused = await saveKey(app, await app.register(), { key: KEY, baseUrl: provider.url });
      expect(refused).toMatchObject({ __typename: 'ProviderError', retryable });
      expect(refused.message).toMatch(message);
    } finally {
      provider.server.answer = answer;
    }
  });

  it('lets only ADMINs store a key of the tenant', async () => {
    const member = await app.member(await app.register(), 'USER');
    const input = { key: KEY, baseUrl: provider.url, scope: 'TENANT' };
    await expect(saveKey(app, member, input)).rejects.toThrow('FORBIDDEN');
  });

  it('stores at most 20 keys of a holder', async () => {
    const ann = await app.register();
    const user = ann.session.user;
    await app.services.database.prisma.llmKey.createMany({
      data: Array.from({ length: 20 }, (_, n) => ({
        tenantId: rowId(user.tenant.id),
        ownerId: rowId(user.id),
        provider: 'OPENAI',
        baseUrl: `https://${n}.example.com`,
        sealed: 'x',
        prefix: 'x',
        status: 'VALID' as const,
      })),
    });
    const refused = await saveKey(app, ann, { key: KEY, baseUrl: provider.url });
    expect(refused).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
  });

  itRefuses(app, 'saveLlmKey', {
    input: async () => ({ provider: 'OPENAI', key: KEY, baseUrl: provider.url }),
  });
});
