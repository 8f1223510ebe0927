/**
 * Runs `work` at once and then every `everyMs`, one run at a time: a run that takes longer delays the next. Of failures
 * in a row only the first is reported. `close` stops it, and resolves when a run that is under way has ended.
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
