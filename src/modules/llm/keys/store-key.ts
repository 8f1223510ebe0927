import type { Keyring } from '../../../core/keyring/keyring.ts';
import type { KeyRejectedError } from '../../../core/llm/keys/key-problem.ts';
import { uuidV7 } from '../../../core/uuid-v7.ts';
import { ConflictError } from '../../../errors.ts';
import type { LlmKey } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { KEYS_LOG } from './events.ts';
import { prefixOf, sealKey } from './sealed-key.ts';

/** Keys of one holder: one for each server. */
export const MAX_KEYS = 20;

/** Stores the key of a holder for a server, in place of an earlier one. Errors: ConflictError when there are too many. */
export async function storeKey(tx: Tx, keyring: Keyring, key: NewKey): Promise<LlmKey> {
  const { tenantId, ownerId, provider, baseUrl, secret, verdict } = key;
  // The row's id is a part of what is sealed, so that two first keys of a holder must not be stored at once.
  await tx.sql('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`llm-keys:${tenantId}`]);
  const holder = { tenantId, ownerId };
  const earlier = await tx.prisma.llmKey.findFirst({ where: { ...holder, provider, baseUrl } });
  if (!earlier) await checkNumber(tx, holder);
  const id = earlier?.id ?? uuidV7();
  const [row] = await tx.sql<{ id: string }>(
    `INSERT INTO llm_keys (id, tenant_id, owner_id, provider, base_url, sealed, prefix, status, status_reason, validated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::"LlmKeyStatus", $9, CASE WHEN $8 = 'VALID' THEN now() END)
     ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, prefix = excluded.prefix, status = excluded.status,
       status_reason = excluded.status_reason, validated_at = excluded.validated_at, saved_at = now(), last_used_at = NULL
     RETURNING id`,
    [
      id,
      tenantId,
      ownerId,
      provider,
      baseUrl,
      sealKey(keyring, { id, ...holder, provider }, secret),
      prefixOf(secret),
      verdict.status,
      verdict.error?.message ?? null,
    ],
  );
  tx.append(KEYS_LOG, { tenantId });
  return tx.prisma.llmKey.findUniqueOrThrow({ where: { id: row!.id } });
}

async function checkNumber(tx: Tx, holder: Pick<LlmKey, 'tenantId' | 'ownerId'>): Promise<void> {
  if ((await tx.prisma.llmKey.count({ where: holder })) < MAX_KEYS) return;
  const message = `At most ${MAX_KEYS} keys can be stored. Delete one with deleteLlmKey first.`;
  throw new ConflictError('WRONG_STATE', message);
}

/** What the provider says about a key. */
export interface Verdict {
  status: LlmKey['status'];
  /** Null when the key is VALID. */
  error: KeyRejectedError | null;
}

interface NewKey extends Pick<LlmKey, 'tenantId' | 'ownerId' | 'provider' | 'baseUrl'> {
  secret: string;
  verdict: Verdict;
}
