import { type Keyring, UnsealError } from '../../../core/keyring/keyring.ts';
import type { LlmKey } from '../../../generated/prisma/client.ts';
import type { Database } from '../../../infra/database.ts';
import { openKey, sealKey } from './sealed-key.ts';

/**
 * Seals every stored key anew with the current key of the ring, a batch at a time. Safe while keys are used, saved and
 * deleted: a row changes only if it still holds what was read. Can be stopped and repeated at any time.
 */
export async function rotateKeys(
  { prisma, sql }: Pick<Database, 'prisma' | 'sql'>,
  keyring: Keyring,
): Promise<Rotation> {
  const rotation: Rotation = { resealed: 0, unreadableIds: [] };
  for (let after = ''; ; ) {
    const batch = await prisma.llmKey.findMany({
      where: { id: { gt: after }, NOT: { sealed: { startsWith: keyring.currentPrefix } } },
      orderBy: { id: 'asc' },
      take: BATCH,
    });
    for (const key of batch) {
      const sealed = resealed(keyring, key);
      if (sealed === null) rotation.unreadableIds.push(key.id);
      else rotation.resealed += await replace(sql, key, sealed);
    }
    if (batch.length < BATCH) return rotation;
    after = batch.at(-1)!.id;
  }
}

/** How many stored keys no key of the ring can open. */
export async function countUnreadable(
  { prisma }: Pick<Database, 'prisma'>,
  keyring: Keyring,
): Promise<number> {
  const isReadable = keyring.prefixes.map((prefix) => ({ sealed: { startsWith: prefix } }));
  return prisma.llmKey.count({ where: { NOT: { OR: isReadable } } });
}

/** Null when it cannot be opened. */
function resealed(keyring: Keyring, key: LlmKey): string | null {
  try {
    return sealKey(keyring, key, openKey(keyring, key));
  } catch (error) {
    if (error instanceof UnsealError) return null;
    throw error;
  }
}

async function replace(sql: Database['sql'], { id, sealed }: LlmKey, next: string): Promise<number> {
  const rows = await sql('UPDATE llm_keys SET sealed = $3 WHERE id = $1 AND sealed = $2 RETURNING id', [
    id,
    sealed,
    next,
  ]);
  return rows.length;
}

const BATCH = 100;

export interface Rotation {
  resealed: number;
  /** Rows that were sealed with a key which is not on the ring. */
  unreadableIds: string[];
}
