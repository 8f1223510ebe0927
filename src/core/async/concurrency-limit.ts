/**
 * Runs at most `maxRunning` tasks at once and queues at most `maxQueued` more, in the order of their arrival.
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

  /** The result of `task`. Errors: QueueFullError, before the task has started; whatever the task throws. */
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

  /** A finished task hands its place to the next one in the queue. */
  async #enter(): Promise<void> {
    if (this.#running < this.#options.maxRunning) {
      this.#running += 1;
      return;
    }
    if (this.#queue.length >= this.#options.maxQueued) throw new QueueFullError();
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }
}

/** As many tasks are waiting as the limit allows. */
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
