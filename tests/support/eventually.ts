import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls until `check` neither throws nor returns false, and returns what it returned. When the time is up, fails with
 * the check's own last error, so that a failing test says what was still wrong.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 5_000, intervalMs = 10 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const failure = await attempt(check);
    if ('value' in failure) return failure.value;
    if (performance.now() > deadline) throw failure.error;
    await sleep(intervalMs);
  }
}

async function attempt<T>(
  check: () => T | Promise<T>,
): Promise<{ value: Exclude<T, false> } | { error: unknown }> {
  try {
    const value = await check();
    return value === false
      ? { error: new Error(`still false: ${check.toString()}`) }
      : { value: value as Exclude<T, false> };
  } catch (error) {
    return { error };
  }
}
