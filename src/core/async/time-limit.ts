import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves to the result of `work`, or to `fallback` when `work` takes longer than `timeoutMs`. Then `work` goes on, and
 * its result is ignored. Leaves no timer behind. Errors: those of `work` within the time.
 */
export async function withTimeLimit<Result, Fallback>(
  work: Promise<Result>,
  timeoutMs: number,
  fallback: Fallback,
): Promise<Result | Fallback> {
  const settled = new AbortController();
  const timeout = sleep(timeoutMs, fallback, { signal: settled.signal });
  return Promise.race([work, timeout]).finally(() => settled.abort());
}
