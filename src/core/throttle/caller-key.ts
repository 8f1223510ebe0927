import { createHash } from 'node:crypto';

/** What the key of a caller is counted under: keys may be personal data, and of any length. */
export function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/**
 * The name that a digest shares with others once a process knows `MAX_KEYS_IN_MEMORY` keys, so that a flood of keys can
 * neither fill the memory nor escape the count.
 */
export function overflowName(digested: string): string {
  return `shared-${Number.parseInt(digested.slice(0, 6), 16) % SHARED_NAMES}`;
}

/** About 7 MB of counters, or 2 MB of token buckets. */
export const MAX_KEYS_IN_MEMORY = 10_000;
const SHARED_NAMES = 1_024;
