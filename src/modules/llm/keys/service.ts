import { z } from 'zod';
import type { Viewer } from '../../../access/viewer.ts';
import { changeable } from '../../../access/visibility.ts';
import type { Keyring } from '../../../core/keyring/keyring.ts';
import { checkKey } from '../../../core/llm/keys/key-check.ts';
import { KeyRejectedError } from '../../../core/llm/keys/key-problem.ts';
import type { KeyedProviderName } from '../../../core/llm/providers/registry.ts';
import type { GuardedFetch } from '../../../core/safe-fetch/guarded-fetch.ts';
import { AppError, NotFoundError } from '../../../errors.ts';
import type { LlmKey } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import { rowId } from '../../../kernel/input.ts';
import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { ProviderError } from '../errors.ts';
import { KEYS_LOG } from './events.ts';
import { readBaseUrl, saveLlmKeyInput } from './key-input.ts';
import { tryOpenKey } from './sealed-key.ts';
import { storeKey, type Verdict } from './store-key.ts';

/**
 * Stores a key that the provider has accepted, in place of the one that the same holder has for the same server. A key
 * that a provider's own server could not be asked about is stored as UNVERIFIED; one for another server is not, because
 * its address is most likely wrong. Errors: ProviderError, ValidationError; ConflictError when there are too many;
 * FORBIDDEN for the scope TENANT without the role ADMIN.
 */
export const saveLlmKey = useCase(
  'Mutation.saveLlmKey',
  { input: saveLlmKeyInput, audit: ['llm-key.saved'] },
  async (ctx: KeyScope, { provider, key: apiKey, baseUrl: address, scope }) => {
    const { viewer, keyring, providerFetch: guard, transact, record } = ctx;
    if (scope === 'TENANT') assertAdmin(viewer);
    const ownerId = scope === 'USER' ? viewer.userId : null;
    const baseUrl = readBaseUrl(address, { provider, guard });
    const verdict = await judge(ctx, { provider, baseUrl, apiKey });
    const isUnasked = verdict.error?.isRetryable && baseUrl === null;
    if (verdict.error && !isUnasked) throw providerError(provider, verdict.error);
    return transact(async (tx) => {
      const holder = { tenantId: viewer.tenantId, ownerId, provider, baseUrl };
      const llmKey = await storeKey(tx, keyring, { ...holder, secret: apiKey, verdict });
      const detail = { provider, scope, status: llmKey.status };
      await record(tx, 'llm-key.saved', { target: { type: 'LlmKey', id: llmKey.id }, detail });
      return { llmKey };
    });
  },
);

/**
 * Asks the provider about a stored key, and stores what it says. Errors: NotFoundError; ProviderError when the provider
 * cannot be asked, which changes nothing.
 */
export const validateLlmKey = useCase(
  'Mutation.validateLlmKey',
  { input: z.object({ llmKeyId: rowId }), audit: ['llm-key.validated'] },
  async (ctx: KeyScope, { llmKeyId: id }) => {
    const { viewer, database, transact, record } = ctx;
    const found = await database.prisma.llmKey.findFirst({ where: { id, ...changeable('LlmKey', viewer) } });
    if (!found) throw new NotFoundError('The key');
    const provider = found.provider as KeyedProviderName;
    const verdict = await judge(ctx, { provider, baseUrl: found.baseUrl, apiKey: opened(ctx, found) });
    if (verdict.error?.isRetryable) throw providerError(provider, verdict.error);
    return transact(async (tx) => {
      if (await writeVerdict(tx, found, verdict)) {
        const detail = { provider, status: verdict.status };
        await record(tx, 'llm-key.validated', { target: { type: 'LlmKey', id }, detail });
      }
      const llmKey = await tx.prisma.llmKey.findUnique({ where: { id } });
      if (!llmKey) throw new NotFoundError('The key');
      return { llmKey };
    });
  },
);

/** Deletes a key. No call that starts afterwards uses it. Errors: NotFoundError. */
export const deleteLlmKey = useCase(
  'Mutation.deleteLlmKey',
  { input: z.object({ llmKeyId: rowId }), audit: ['llm-key.deleted'] },
  async ({ viewer, transact, record }: Scope, { llmKeyId: id }) =>
    transact(async (tx) => {
      const found = await tx.prisma.llmKey.findFirst({ where: { id, ...changeable('LlmKey', viewer) } });
      const { count } = await tx.prisma.llmKey.deleteMany({ where: { id: found?.id ?? '' } });
      if (!found || count === 0) throw new NotFoundError('The key');
      const detail = { provider: found.provider, scope: found.ownerId === null ? 'TENANT' : 'USER' };
      await record(tx, 'llm-key.deleted', { target: { type: 'LlmKey', id }, detail });
      tx.append(KEYS_LOG, { tenantId: viewer.tenantId });
      return { deletedId: id };
    }),
);

function assertAdmin({ role }: Viewer): void {
  if (role === 'ADMIN') return;
  throw new AppError(
    'FORBIDDEN',
    'Only ADMINs can store a key for the tenant. Leave out scope to store your own.',
  );
}

async function judge(
  { providerFetch, catalog }: Pick<KeyScope, 'providerFetch' | 'catalog'>,
  { provider, baseUrl, apiKey }: { provider: KeyedProviderName; baseUrl: string | null; apiKey: string },
): Promise<Verdict> {
  try {
    const model = cheapestModel(catalog, provider);
    await checkKey(provider, { apiKey, baseUrl, model, fetch: providerFetch.fetch });
    return { status: 'VALID', error: null };
  } catch (error) {
    if (!(error instanceof KeyRejectedError)) throw error;
    return { status: error.isRetryable ? 'UNVERIFIED' : 'INVALID', error };
  }
}

function cheapestModel(catalog: Services['catalog'], provider: KeyedProviderName): string {
  const models = catalog.list().filter((price) => price.provider === provider);
  return models.toSorted((a, b) => Number(a.outputUsdPerMTok) - Number(b.outputUsdPerMTok))[0]?.model ?? '';
}

/** False when the key was replaced or deleted while the provider was asked. */
async function writeVerdict({ sql }: Tx, { id, savedAt }: LlmKey, verdict: Verdict): Promise<boolean> {
  const rows = await sql(
    `UPDATE llm_keys SET status = $3::"LlmKeyStatus", status_reason = $4, validated_at = now()
     WHERE id = $1 AND saved_at = $2 RETURNING id`,
    [id, savedAt, verdict.status, verdict.error?.message ?? null],
  );
  return rows.length > 0;
}

function opened(ctx: KeyScope, key: LlmKey): string {
  const apiKey = tryOpenKey(ctx, key);
  if (apiKey !== null) return apiKey;
  const message = 'This server cannot decrypt the stored key. Save it again.';
  throw new ProviderError(key.provider as KeyedProviderName, message, { retryable: false });
}

function providerError(
  provider: KeyedProviderName,
  { message, isRetryable }: KeyRejectedError,
): ProviderError {
  return new ProviderError(provider, message, { retryable: isRetryable });
}

type KeyScope = Scope & Pick<Services, 'keyring' | 'providerFetch' | 'catalog' | 'logger' | 'database'>;

declare module '../../../kernel/context.ts' {
  interface Services {
    /** Seals and opens stored provider keys. */
    keyring: Keyring;
    /** Sends requests with keys of users, also to servers that they name. */
    providerFetch: GuardedFetch;
  }
}
