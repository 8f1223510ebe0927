import { ModelError } from './language-model.ts';

/**
 * The delay in milliseconds after attempt number `attempt` (from 1) failed with `error`: exponential from 0.5 s to
 * 16 s, of which the second half is random, so that callers that failed together do not retry together. A Retry-After
 * of the provider replaces the fixed half; the random part is added to it.
 */
export function retryDelayMs(error: unknown, attempt: number, random: () => number = Math.random): number {
  const halfMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) / 2;
  const retryAfterMs = error instanceof ModelError ? error.retryAfterMs : undefined;
  return Math.round((retryAfterMs ?? halfMs) + random() * halfMs);
}

const FIRST_MS = 500;
const LONGEST_MS = 16_000;
