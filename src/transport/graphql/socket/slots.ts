/** Counts what is in use per key, e.g. sockets per user. A key without use takes no memory. */
export class Slots {
  readonly #max: number;
  readonly #used = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Returns the function that gives the slot back, any number of times; null when all slots of the key are in use. */
  take(key: string): (() => void) | null {
    const used = this.#used.get(key) ?? 0;
    if (used >= this.#max) return null;
    this.#used.set(key, used + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(key);
      isTaken = false;
    };
  }

  get size(): number {
    return this.#used.size;
  }

  #release(key: string): void {
    const used = this.#used.get(key)! - 1;
    if (used === 0) this.#used.delete(key);
    else this.#used.set(key, used);
  }
}
