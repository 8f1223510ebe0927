/**
 * Runs `work` immediately and then every `everyMs`. Runs never overlap: a slow run delays the next one. Reports only the
 * first of consecutive failures. `close` stops the timer and resolves when the current run has ended.
 *
 * @example const sweep = repeat(60_000, () => deleteExpired(), (error) => logger.warn({ err: error }, 'sweep failed'));
 */
export function repeat(
  everyMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): { close: () => Promise<void> } {
  let running: Promise<void> | undefined;
  let isFailing = false;

  async function run(): Promise<void> {
    try {
      await work();
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(error);
      isFailing = true;
    }
  }

  const start = () => {
    running ??= run().finally(() => (running = undefined));
  };
  const timer = setInterval(start, everyMs);
  start();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
