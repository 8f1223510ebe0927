/**
 * Writes the events of many claims with few statements.
 *
 * An event is written at once. What arrives while a write is under way waits, log by log, and goes into the next
 * one together: no timer, and batches grow only as far as the database is slow. Events that wait side by side may
 * be merged. A log that somebody else holds is left for a later write, so that it never delays the others. Copies
 * go to the live channel after the commit.
 */
import { type EventLog, FencedError } from './event-log.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Log } from './log.ts';

/**
 * @example
 * const writes: Promise<void>[] = [];
 * for await (const piece of pieces) writes.push(writer.append(runLog('7'), claim.fence, piece));
 * await Promise.all(writes);
 */
export class BatchWriter {
  readonly #log: Pick<EventLog, 'appendAvailable'>;
  readonly #live: Pick<LiveChannel, 'publish'>;
  /** By log, oldest first; none is empty. */
  readonly #queues = new Map<string, Batch[]>();
  #writing: Promise<void> | undefined;
  #arrived = NOTHING;
  #closed = false;

  constructor({ log, live }: BatchWriterOptions) {
    this.#log = log;
    this.#live = live;
  }

  /**
   * Resolves when the event is stored. Events of one log are stored in the order of the calls, so a caller need
   * not wait for one before the next: the queue is bounded by how many its callers leave unsettled. What waits
   * behind an event that fails is rejected with it, so that no gap is stored; what is appended after that may be
   * stored again. A rejection that nobody listens to does no harm.
   * `merge` joins the event with the one of its log that waits before it; undefined when each must stand alone.
   * Errors: FencedError when the claim was taken over; those of the database; any after `close`.
   */
  append<Event>(
    log: Log<Event>,
    fence: number,
    event: NoInfer<Event>,
    merge: Merge<NoInfer<Event>> = NEVER,
  ): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the writer is closed'));
    const batch = this.#openBatch(log, fence);
    const waiting = batch.events as Event[]; // only this log's writers come here
    const merged = waiting.length > 0 ? merge(waiting.at(-1)!, event) : undefined;
    if (merged === undefined) batch.events.push(event);
    else batch.events.splice(-1, 1, merged);
    this.#arrived();
    this.#writing ??= this.#writeAll();
    return batch.stored.promise;
  }

  /** Resolves when everything appended to the log so far is stored. Errors: those of `append`. */
  async flush(logId: string): Promise<void> {
    const batches = this.#queues.get(logId) ?? [];
    await Promise.all(batches.map((batch) => batch.stored.promise));
  }

  /** Takes nothing more, and resolves when everything taken is stored or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  /** The newest batch of the log, if it can still take events under this fence, else a new one. */
  #openBatch(logId: string, fence: number): Batch {
    const queue = this.#queues.get(logId) ?? [];
    const newest = queue.at(-1);
    const isOpen = newest && newest.state !== 'under way' && newest.fence === fence;
    if (isOpen && newest.events.length < MAX_BATCH_EVENTS) return newest;
    const batch: Batch = { logId, fence, events: [], state: 'waiting', stored: Promise.withResolvers() };
    batch.stored.promise.catch(NOTHING);
    queue.push(batch);
    this.#queues.set(logId, queue);
    return batch;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // what comes in the same tick is written together
    while (this.#queues.size > 0) {
      const oldest = [...this.#queues.values()].map((queue) => queue[0]!);
      if (oldest.every(({ state }) => state === 'left busy')) await this.#pause();
      await this.#write(oldest);
    }
    this.#writing = undefined;
  }

  async #write(batches: Batch[]): Promise<void> {
    for (const batch of batches) batch.state = 'under way';
    try {
      const appends = batches.map(({ logId, fence, events }) => ({ logId, fence, events }));
      const { stored, busy, fenced } = await this.#log.appendAvailable(appends);
      this.#live.publish(stored);
      for (const batch of batches) {
        if (busy.includes(batch.logId)) batch.state = 'left busy';
        else this.#settle(batch, fenced.includes(batch.logId) ? new FencedError(batch.logId) : null);
      }
    } catch (error) {
      for (const batch of batches) this.#settle(batch, error);
    }
  }

  #settle(batch: Batch, error: unknown): void {
    const { logId, fence } = batch;
    const queue = this.#queues.get(logId)!;
    const isDone = (other: Batch) => other === batch || (error !== null && other.fence === fence);
    const rest = queue.filter((other) => !isDone(other));
    if (rest.length === 0) this.#queues.delete(logId);
    else this.#queues.set(logId, rest);
    for (const { stored } of queue.filter(isDone)) {
      if (error === null) stored.resolve();
      else stored.reject(error);
    }
  }

  /** While all logs are busy: for a little, or until something arrives. */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, BUSY_PAUSE_MS);
    this.#arrived = resolve;
    await promise;
    clearTimeout(timer);
  }
}

const NOTHING = (): void => {};
const NEVER = (): undefined => undefined;
const MAX_BATCH_EVENTS = 500;
const BUSY_PAUSE_MS = 10;

export interface BatchWriterOptions {
  log: Pick<EventLog, 'appendAvailable'>;
  live: Pick<LiveChannel, 'publish'>;
}

/** Joins two events of one log that follow each other into one; undefined when each must stand alone. */
export type Merge<Event> = (first: Event, second: Event) => Event | undefined;

/** Events of one claim that are written together. */
interface Batch {
  logId: string;
  fence: number;
  events: unknown[];
  /** Only one that is under way takes no more events. */
  state: 'waiting' | 'under way' | 'left busy';
  stored: PromiseWithResolvers<void>;
}
