import type { Account, TestApp } from './app.ts';

/** Creates an API key. `token` is the key itself. */
export async function createKey(
  app: TestApp,
  account: Pick<Account, 'token'>,
  input: object = {},
): Promise<Key> {
  const made = await app.mutate<Created>(
    'createApiKey',
    { name: 'Server', permissions: [], ...input },
    CREATED,
    account,
  );
  if (!made.apiKey || !made.secret) throw new Error(`no key: ${JSON.stringify(made)}`);
  return { ...made.apiKey, token: made.secret };
}

export const CREATED = `... on CreateApiKeySuccess {
    apiKey { id name prefix permissions costLimit createdAt lastUsedAt expiresAt revokedAt owner { id } } secret
  }
  ... on ConflictError { reason }
  ... on ValidationError { issues { path code message } }`;

interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  permissions: string[];
  costLimit: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  owner: { id: string };
}

export interface Key extends ApiKey {
  token: string;
}

export interface Created {
  __typename: string;
  message?: string;
  reason?: string;
  issues?: { path: string[]; code: string; message: string }[];
  apiKey?: ApiKey;
  secret?: string;
}
