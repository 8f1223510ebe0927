import type { Claim, ClaimKeeper } from './claim-keeper.ts';

/**
 * Processes subjects, each under its claim.
 *
 * `notify` reports that a subject may have work. A notification may be lost, duplicated or wrong, because a *sweep*
 * finds every second the subjects that have work and no live claim. The process that gets the claim works until
 * nothing is left to do. Closing hands the work over: its signal aborts with HandoverError, it leaves its rows
 * unchanged, and the claim is released so that another process can take it immediately.
 */
export class ClaimWorker {
  readonly #options: ClaimWorkerOptions;
  readonly #working = new Map<string, Promise<void>>();
  readonly #queue = new Set<string>();
  /** Subjects notified while in progress: checked again afterwards, because that work may have been finishing. */
  readonly #again = new Set<string>();
  readonly #closing = new AbortController();
  /** Subjects whose work has thrown, and until when sweeps skip them. */
  readonly #backingOff = new Map<string, { untilMs: number; failures: number }>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #sweepsFail = false;

  constructor(options: ClaimWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    this.#sweep();
  }

  /** Reports that `subject` may have work. Never throws or blocks. */
  notify(subject: string): void {
    if (this.#closing.signal.aborted) return;
    if (this.#working.has(subject)) {
      this.#again.add(subject);
      return;
    }
    if (this.#working.size >= this.#options.concurrency) {
      if (this.#queue.size < MAX_QUEUED) this.#queue.add(subject);
      return;
    }
    const work = this.#work(subject).finally(() => {
      this.#working.delete(subject);
      if (this.#again.delete(subject)) this.notify(subject);
      this.#next();
    });
    this.#working.set(subject, work);
  }

  /** Resolves when all work has been handed over, which takes as long as the slowest work needs to stop. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#queue.clear();
    this.#closing.abort(new HandoverError());
    await Promise.all([this.#sweeping, ...this.#working.values()]);
  }

  async #work(subject: string): Promise<void> {
    const { claims, claimId, work, onError } = this.#options;
    try {
      const claim = await claims.claim(claimId(subject));
      if (!claim) return;
      try {
        await work(subject, claim, AbortSignal.any([claim.signal, this.#closing.signal]));
        this.#backingOff.delete(subject);
      } finally {
        await claim.release();
      }
    } catch (error) {
      this.#backOff(subject);
      onError(error, subject);
    }
  }

  /** Retries work that keeps failing with increasing delays: 1 s, 2 s, 4 s … 60 s. */
  #backOff(subject: string): void {
    const failures = (this.#backingOff.get(subject)?.failures ?? 0) + 1;
    const pauseMs = Math.min(1_000 * 2 ** (failures - 1), MAX_BACK_OFF_MS);
    if (this.#backingOff.size >= MAX_BACKING_OFF) this.#backingOff.clear();
    this.#backingOff.set(subject, { untilMs: performance.now() + pauseMs, failures });
  }

  #next(): void {
    const [subject] = this.#queue;
    if (subject === undefined) return;
    this.#queue.delete(subject);
    this.notify(subject);
  }

  #sweep(): void {
    this.#sweeping ??= this.#lookForWork().finally(() => (this.#sweeping = undefined));
  }

  /** Reports only the first of consecutive failures, so that an outage is reported once and not every second. */
  async #lookForWork(): Promise<void> {
    try {
      const subjects = await this.#options.findWork();
      const now = performance.now();
      for (const subject of subjects)
        if ((this.#backingOff.get(subject)?.untilMs ?? 0) <= now) this.notify(subject);
      this.#sweepsFail = false;
    } catch (error) {
      if (!this.#sweepsFail) this.#options.onError(error, null);
      this.#sweepsFail = true;
    }
  }
}

/** A dropped notification only delays its subject until the next sweep, so the queue needs no more room. */
const MAX_QUEUED = 10_000;
const MAX_BACK_OFF_MS = 60_000;
const MAX_BACKING_OFF = 10_000;

/** The reason with which the signal of work aborts when its process closes: stop and leave everything unchanged. */
export class HandoverError extends Error {
  constructor() {
    super('the process is closing; another process takes over this work');
    this.name = 'HandoverError';
  }
}

const SWEEP_INTERVAL_MS = 1_000;

export interface ClaimWorkerOptions {
  claims: ClaimKeeper;
  /** Maximum number of subjects that this process works on concurrently. */
  concurrency: number;
  /** The id to claim for a subject: the id of the log that the work writes to. */
  claimId: (subject: string) => string;
  /** Subjects that have work and no live claim. */
  findWork: () => Promise<string[]>;
  /** Works until nothing is left to do or `signal` aborts. */
  work: (subject: string, claim: Claim, signal: AbortSignal) => Promise<void>;
  /** `subject` is null for sweeps. Only the first of consecutive failed sweeps is reported. */
  onError: (error: unknown, subject: string | null) => void;
}
