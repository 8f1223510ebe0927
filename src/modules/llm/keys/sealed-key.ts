import { type Keyring, type SealContext, UnsealError } from '../../../core/keyring/keyring.ts';
import type { LlmKey } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';

/** A key opens only in its own row, for its own holder and provider: a sealed text that was moved is worth nothing. */
export function sealKey(keyring: Keyring, place: KeyPlace, secret: string): string {
  return keyring.seal(secret, contextOf(place));
}

/** Call it when the key is used, and keep the result no longer than that. Errors: UnsealError. */
export function openKey(keyring: Keyring, key: KeyPlace & Pick<LlmKey, 'sealed'>): string {
  return keyring.open(key.sealed, contextOf(key));
}

/** The same for one that may have been sealed with a key which is not on the ring. Null, with an error in the log: it cannot be opened. */
export function tryOpenKey(
  { keyring, logger }: Pick<Services, 'keyring' | 'logger'>,
  key: LlmKey,
): string | null {
  try {
    return openKey(keyring, key);
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    logger.error({ err: error, llmKeyId: key.id }, 'a stored provider key cannot be decrypted');
    return null;
  }
}

function contextOf({ id, tenantId, ownerId, provider }: KeyPlace): SealContext {
  return ['llm-key', tenantId, ownerId, provider, id];
}

/** The first characters, by which people recognize a key: 12, but no more than a third. */
export function prefixOf(secret: string): string {
  return secret.slice(0, Math.min(PREFIX_LENGTH, Math.floor(secret.length / 3)));
}

const PREFIX_LENGTH = 12;

export type KeyPlace = Pick<LlmKey, 'id' | 'tenantId' | 'ownerId' | 'provider'>;
