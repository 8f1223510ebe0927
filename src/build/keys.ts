import type { AccessConfig } from '../config/access.ts';
import type { LlmConfig } from '../config/llm.ts';
import type { StorageConfig } from '../config/storage.ts';
import { Keyring } from '../core/keyring/keyring.ts';
import type { KeySource } from '../core/llm/model-router.ts';
import { GuardedFetch } from '../core/safe-fetch/guarded-fetch.ts';
import { loadOrCreateEncryptionKey } from '../infra/data-dir.ts';
import type { Logger } from '../infra/logger.ts';
import type { KeyHolder, Services } from '../kernel/context.ts';
import { KeyCache } from '../modules/llm/keys/key-cache.ts';
import { countUnreadable } from '../modules/llm/keys/rotation.ts';

/** Builds what stored provider keys need: the keyring, a `fetch` for servers that users name, and their cache for the router. */
export async function buildKeys(
  config: KeysConfig,
  services: Pick<Services, 'database' | 'eventLog' | 'followers' | 'logger'>,
  closers: AsyncDisposableStack,
): Promise<Keys> {
  const { database, logger } = services;
  const keyring = buildKeyring(config, logger);
  const unreadable = await countUnreadable(database, keyring);
  if (unreadable > 0) {
    const advice = 'check ENCRYPTION_KEY and ENCRYPTION_KEYS_OLD';
    logger.error(`${unreadable} stored provider keys cannot be decrypted: ${advice}`);
  }
  const providerFetch = new GuardedFetch({ allowedHosts: config.allowedPrivateHosts });
  closers.defer(() => providerFetch.close());
  const keys = new KeyCache({ ...services, keyring, providerFetch });
  const watching = keys.watch();
  closers.defer(async () => {
    keys.close();
    await watching;
  });
  return { keyring, providerFetch, keys };
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

interface Keys extends Pick<Services, 'keyring' | 'providerFetch'> {
  /** For the router. */
  keys: KeySource<KeyHolder>;
}

type KeysConfig = KeyringConfig & Pick<LlmConfig, 'allowedPrivateHosts'>;
type KeyringConfig = Pick<AccessConfig, 'encryptionKey' | 'oldEncryptionKeys'> &
  Pick<StorageConfig, 'dataDir'>;
