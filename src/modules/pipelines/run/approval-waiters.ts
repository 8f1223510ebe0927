import type { Decision } from './machine.ts';

/**
 * The branches of one run that wait for approval.
 *
 * A branch *waits* from `wait` until a person decides or the run stops. A branch with other work is *busy*. When no
 * branch is busy and at least one waits, the run is *idle*: `onIdle` parks it and returns the requests that have
 * been decided in the meantime. If there are none, the run is parked, and every waiting branch ends with STOPPED. If
 * `onIdle` fails, the waiting branches fail with its error.
 */
export class ApprovalWaiters {
  readonly #onIdle: (waiting: string[]) => Promise<Map<string, Decision>>;
  readonly #waiting = new Map<string, PromiseWithResolvers<Decision>>();
  /** Decisions that arrived before their branch waited. */
  readonly #early = new Map<string, Decision>();
  #busy = 0;
  #stopped = false;

  constructor(onIdle: (waiting: string[]) => Promise<Map<string, Decision>>) {
    this.#onIdle = onIdle;
  }

  /** Runs `work`. The run is not idle until it settles. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } catch (error) {
      this.stop(); // the run will be claimed again, and must not wait for people until then
      throw error;
    } finally {
      this.#busy -= 1;
      this.#checkSoon();
    }
  }

  /** Waits for the decision of a request. */
  wait(approvalId: string): Promise<Decision> {
    const early = this.#stopped ? STOPPED : this.#early.get(approvalId);
    if (early) return Promise.resolve(early);
    const waiter = Promise.withResolvers<Decision>();
    this.#waiting.set(approvalId, waiter);
    this.#checkSoon();
    return waiter.promise;
  }

  resolve(approvalId: string, decision: Decision): void {
    const waiter = this.#waiting.get(approvalId);
    this.#waiting.delete(approvalId);
    if (waiter) waiter.resolve(decision);
    else this.#early.set(approvalId, decision);
  }

  /** Ends all current and future waits with STOPPED. */
  stop(): void {
    this.#stopped = true;
    for (const approvalId of this.#waiting.keys()) this.resolve(approvalId, STOPPED);
  }

  /** Checks after one turn of the event loop, so that branches that can continue have started. */
  #checkSoon(): void {
    if (this.#busy === 0 && this.#waiting.size > 0) setImmediate(() => void this.#park());
  }

  async #park(): Promise<void> {
    if (this.#busy > 0 || this.#waiting.size === 0) return;
    await this.busy(async () => {
      try {
        const decided = await this.#onIdle([...this.#waiting.keys()]);
        if (decided.size === 0) this.stop();
        for (const [approvalId, decision] of decided) this.resolve(approvalId, decision);
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
