import { ConcurrencyLimit } from './concurrency-limit.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * Runs tasks that nobody waits for: at most `maxRunning` at the same time, and at most `maxQueued` wait. A task that
 * fails, or for which there is no room, is reported to `onError`.
 *
 *     const tasks = new BackgroundTasks({ maxRunning: 2, maxQueued: 100, onError: (error) => logger.error({ err: error }) });
 *     tasks.start((signal) => deliver(mail, signal));
 */
export class BackgroundTasks {
  readonly #options: BackgroundTasksOptions;
  readonly #limit: ConcurrencyLimit;
  readonly #open = new Set<Promise<void>>();
  readonly #closed = new AbortController();

  constructor(options: BackgroundTasksOptions) {
    this.#options = options;
    this.#limit = new ConcurrencyLimit(options);
  }

  /** Never throws. The signal aborts when the tasks have to end. */
  start(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#closed;
    const run = async () => {
      signal.throwIfAborted();
      await task(signal);
    };
    const done: Promise<void> = this.#limit
      .run(run)
      .catch(this.#options.onError)
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  /** Gives the open tasks `graceMs` to end, then aborts them. */
  async close(graceMs: number): Promise<void> {
    await withTimeLimit(Promise.all(this.#open), graceMs, undefined);
    this.#closed.abort();
    // An aborted task ends in the next turns of the event loop; one that ignores the signal is left behind.
    await withTimeLimit(Promise.all(this.#open), 100, undefined);
  }
}

export interface BackgroundTasksOptions {
  maxRunning: number;
  maxQueued: number;
  onError: (error: unknown) => void;
}
