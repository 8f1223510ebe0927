import { buildKeyring } from '../build/keys.ts';
import type { Config } from '../config/config.ts';
import { createLogger } from '../infra/logger.ts';
import { rotateKeys } from '../modules/llm/keys/rotation.ts';
import { withDatabase } from './database.ts';

/** Exits with 1 when a stored key cannot be opened. */
export async function keysRotate(config: Config): Promise<number> {
  const keyring = buildKeyring(config, createLogger(config.logLevel));
  const { resealed, unreadableIds } = await withDatabase(config, (database) => rotateKeys(database, keyring));
  console.log(
    `${resealed} provider keys were encrypted anew. All that can be read are encrypted with ENCRYPTION_KEY.`,
  );
  if (unreadableIds.length === 0) return 0;
  console.error(
    `${unreadableIds.length} cannot be read: the key that encrypted them is neither ENCRYPTION_KEY nor in ENCRYPTION_KEYS_OLD. Rows: ${unreadableIds.join(', ')}`,
  );
  return 1;
}
