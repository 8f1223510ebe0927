/**
 * Runs at most `maxRunning` tasks concurrently and queues at most `maxQueued` more, first in, first out.
 *
 *     const limit = new ConcurrencyLimit({ maxRunning: 2, maxQueued: 200 });
 *     const hash = await limit.run(() => argon2(password));
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
  }

  /** Resolves to the result of `task`. Errors: QueueFullError, before the task starts; those of the task. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** A finished task passes its slot to the next task in the queue. */
  async #enter(): Promise<void> {
    if (this.#running < this.#options.maxRunning) {
      this.#running += 1;
      return;
    }
    if (this.#queue.length >= this.#options.maxQueued) throw new QueueFullError();
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }
}

/** The queue has reached its limit. */
export class QueueFullError extends Error {
  constructor() {
    super('too many tasks are waiting');
    this.name = 'QueueFullError';
  }
}

export interface ConcurrencyLimitOptions {
  maxRunning: number;
  maxQueued: number;
}
