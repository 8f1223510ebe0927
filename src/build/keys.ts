import type { AccessConfig } from '../config/access.ts';
import type { LlmConfig } from '../config/llm.ts';
import type { StorageConfig } from '../config/storage.ts';
import { Keyring } from '../core/keyring/keyring.ts';
import { GuardedFetch } from '../core/safe-fetch/guarded-fetch.ts';
import { loadOrCreateEncryptionKey } from '../infra/data-dir.ts';
import type { Logger } from '../infra/logger.ts';
import type { Services } from '../kernel/context.ts';
import { countUnreadable } from '../modules/llm/keys/rotation.ts';

/** Builds what stored provider keys need: the keyring, and a `fetch` for the servers that users name. */
export async function buildKeys(
  config: KeysConfig,
  { database, logger }: Pick<Services, 'database' | 'logger'>,
  closers: AsyncDisposableStack,
): Promise<Pick<Services, 'keyring' | 'providerFetch'>> {
  const keyring = buildKeyring(config, logger);
  const unreadable = await countUnreadable(database, keyring);
  if (unreadable > 0) {
    const advice = 'check ENCRYPTION_KEY and ENCRYPTION_KEYS_OLD';
    logger.error(`${unreadable} stored provider keys cannot be decrypted: ${advice}`);
  }
  const providerFetch = new GuardedFetch({ allowedHosts: config.allowedPrivateHosts });
  closers.defer(() => providerFetch.close());
  return { keyring, providerFetch };
}

/** The keys that seal users' provider keys. Outside production, one is generated where the settings have none. */
export function buildKeyring(
  { encryptionKey, oldEncryptionKeys, dataDir }: KeyringConfig,
  logger: Pick<Logger, 'warn'>,
): Keyring {
  return new Keyring({ current: encryptionKey ?? generatedKey(dataDir, logger), old: oldEncryptionKeys });
}

function generatedKey(dataDir: string, logger: Pick<Logger, 'warn'>): Buffer {
  const { key, file, isNew } = loadOrCreateEncryptionKey(dataDir);
  if (isNew)
    logger.warn(`ENCRYPTION_KEY is not set: a key was generated in ${file}. Back it up with the database`);
  return key;
}

type KeysConfig = KeyringConfig & Pick<LlmConfig, 'allowedPrivateHosts'>;
type KeyringConfig = Pick<AccessConfig, 'encryptionKey' | 'oldEncryptionKeys'> &
  Pick<StorageConfig, 'dataDir'>;
