import { ModelError } from './language-model.ts';

/**
 * How long to wait after attempt number `attempt` (from 1) failed with `error`, in milliseconds: twice as long
 * each time, from half a second up to 16, a random part of it, so that callers who failed together do not come
 * back together. What the provider asked for in Retry-After comes first, and the random part on top.
 */
export function retryDelayMs(error: unknown, attempt: number, random: () => number = Math.random): number {
  const halfMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) / 2;
  const askedMs = error instanceof ModelError ? error.retryAfterMs : undefined;
  return Math.round((askedMs ?? halfMs) + random() * halfMs);
}

const FIRST_MS = 500;
const LONGEST_MS = 16_000;
