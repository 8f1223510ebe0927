import { afterAll, beforeAll } from 'vitest';
import { sealKey } from '../../src/modules/llm/keys/sealed-key.ts';
import { uuidV7 } from '../../src/core/uuid-v7.ts';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import type { Account, TestApp } from './app.ts';
import { rowId } from './ids.ts';
import { ScriptedProvider, sendError } from './scripted-provider.ts';

export const LLM_KEY =
  '{ id provider prefix baseUrl scope status statusReason validatedAt createdAt lastUsedAt }';

/** Saves a key and returns the answer; `provider` is asked before. */
export function saveKey(app: TestApp, account: Pick<Account, 'token'>, input: object): Promise<SavedKey> {
  const selection = `... on SaveLlmKeySuccess { llmKey ${LLM_KEY} }
    ... on ProviderError { provider retryable } ... on ValidationError { issues { path code message } }
    ... on ConflictError { reason }`;
  return app.mutate<SavedKey>('saveLlmKey', { provider: 'OPENAI', ...input }, selection, account);
}

/** Stores a key without asking its provider. Returns its global id. */
export async function storedLlmKey(
  app: TestApp,
  { session: { user } }: Account,
  scope: 'USER' | 'TENANT',
  { secret = 'sk-stored-by-a-test', ...more }: StoredKey = {},
): Promise<string> {
  const { database, keyring } = app.services;
  const place = {
    id: uuidV7(),
    tenantId: rowId(user.tenant.id),
    ownerId: scope === 'USER' ? rowId(user.id) : null,
    provider: 'OPENAI',
  };
  const data = { ...place, prefix: 'sk-st', status: 'VALID' as const, ...more };
  await database.prisma.llmKey.create({ data: { ...data, sealed: sealKey(keyring, data, secret) } });
  return encodeId('LlmKey', place.id);
}

/**
 * For a file: a server that knows the keys which begin with `sk-good`, for the settings of an app that may call it. Declare
 * it before the app.
 */
export function keyProvider(): KeyProvider {
  const server = new ScriptedProvider();
  const provider = { server, hosts: [] as string[], url: '' };
  server.answer = (response, { headers }) => {
    const key = headers.authorization?.replace('Bearer ', '') ?? '';
    if (key.startsWith('sk-good')) return sendError(response, 200, { object: 'list', data: [] });
    sendError(response, 401, { error: { code: 'invalid_api_key', message: `Incorrect API key: ${key}` } });
  };
  beforeAll(async () => {
    await server.start();
    provider.url = `${server.url}/v1`;
    provider.hosts.push(new URL(server.url).host);
  });
  afterAll(() => server.stop());
  return provider;
}

interface KeyProvider {
  server: ScriptedProvider;
  hosts: string[];
  url: string;
}

interface StoredKey {
  secret?: string;
  provider?: string;
  baseUrl?: string;
}

export interface SavedKey {
  __typename: string;
  message?: string;
  retryable?: boolean;
  issues?: { path: string[]; code: string; message: string }[];
  reason?: string;
  llmKey: {
    id: string;
    provider: string;
    prefix: string;
    baseUrl: string | null;
    scope: string;
    status: string;
    statusReason: string | null;
    validatedAt: string | null;
    createdAt: string;
    lastUsedAt: string | null;
  };
}
