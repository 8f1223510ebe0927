import type { Decision } from '../machine.ts';

/**
 * Where the branches of one run wait for people.
 *
 * A branch *waits* from `wait` until somebody decides, or until the run stops. Work elsewhere in the run
 * is *busy*. When nothing is busy and somebody waits, the run is *idle*: `onIdle` is asked to park it, and
 * answers with the steps that turn out to be decided after all. Without any, the run is parked, and every
 * waiting branch ends with STOPPED. When it fails, they fail with it.
 */
export class ApprovalWaiters {
  readonly #onIdle: (waiting: string[]) => Promise<Map<string, Decision>>;
  readonly #waiting = new Map<string, PromiseWithResolvers<Decision>>();
  /** Decisions that came before their branch waited. */
  readonly #early = new Map<string, Decision>();
  #busy = 0;
  #stopped = false;

  constructor(onIdle: (waiting: string[]) => Promise<Map<string, Decision>>) {
    this.#onIdle = onIdle;
  }

  /** Keeps the run from being idle while `work` goes on. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } catch (error) {
      this.stop(); // the run is going to be taken up again, and must not wait for people then
      throw error;
    } finally {
      this.#busy -= 1;
      this.#checkSoon();
    }
  }

  /** Waits for the decision about a step. */
  wait(stepKey: string): Promise<Decision> {
    const early = this.#stopped ? STOPPED : this.#early.get(stepKey);
    if (early) return Promise.resolve(early);
    const waiter = Promise.withResolvers<Decision>();
    this.#waiting.set(stepKey, waiter);
    this.#checkSoon();
    return waiter.promise;
  }

  resolve(stepKey: string, decision: Decision): void {
    const waiter = this.#waiting.get(stepKey);
    this.#waiting.delete(stepKey);
    if (waiter) waiter.resolve(decision);
    else this.#early.set(stepKey, decision);
  }

  /** Ends all waiting, now and later. */
  stop(): void {
    this.#stopped = true;
    for (const stepKey of this.#waiting.keys()) this.resolve(stepKey, STOPPED);
  }

  /** After a turn of the event loop, so that branches which can go on have started. */
  #checkSoon(): void {
    if (this.#busy === 0 && this.#waiting.size > 0) setImmediate(() => void this.#park());
  }

  async #park(): Promise<void> {
    if (this.#busy > 0 || this.#waiting.size === 0) return;
    await this.busy(async () => {
      try {
        const decided = await this.#onIdle([...this.#waiting.keys()]);
        if (decided.size === 0) this.stop();
        for (const [stepKey, decision] of decided) this.resolve(stepKey, decision);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error: unknown): void {
    const waiters = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiters) reject(error);
  }
}

const STOPPED: Decision = { kind: 'STOPPED' };
