/**
 * Limits how many fetches run at a time, in all and to one host. The others wait for their turn, first in, first out;
 * a fetch that waits only for its host does not hold up those behind it.
 */
export class FetchSlots {
  readonly #options: FetchSlotsOptions;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(options: FetchSlotsOptions) {
    this.#options = options;
  }

  /**
   * Resolves to the function that gives the slot back. Errors: SlotsFullError when too many wait already; the reason of
   * `signal`, which ends the wait.
   */
  async take(host: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#isFree(host)) this.#occupy(host);
    else await this.#wait(host, signal);
    return () => this.#release(host);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  #wait(host: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#options.maxWaiting) throw new SlotsFullError();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(entry);
        reject(signal.reason as Error);
      };
      const start = () => {
        this.#waiting.delete(entry);
        signal.removeEventListener('abort', leave);
        this.#occupy(host);
        resolve();
      };
      const entry: Waiting = { host, start };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(entry);
    });
  }

  #isFree(host: string): boolean {
    const { maxTotal, maxPerHost } = this.#options;
    return this.#total < maxTotal && (this.#running.get(host) ?? 0) < maxPerHost;
  }

  #occupy(host: string): void {
    this.#total += 1;
    this.#running.set(host, (this.#running.get(host) ?? 0) + 1);
  }

  #release(host: string): void {
    this.#total -= 1;
    const left = this.#running.get(host)! - 1;
    if (left === 0) this.#running.delete(host);
    else this.#running.set(host, left);
    for (const entry of this.#waiting) {
      if (this.#isFree(entry.host)) entry.start();
    }
  }
}

/** As many fetches as allowed are waiting already. */
export class SlotsFullError extends Error {
  constructor() {
    super('too many fetches are waiting');
    this.name = 'SlotsFullError';
  }
}

export interface FetchSlotsOptions {
  maxTotal: number;
  maxPerHost: number;
  maxWaiting: number;
}

interface Waiting {
  host: string;
  start: () => void;
}
