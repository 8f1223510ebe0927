import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls until `check` neither throws nor returns false, and returns its result. At the deadline, fails with the last
 * error of `check`, so that the failure shows what was still wrong.
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
