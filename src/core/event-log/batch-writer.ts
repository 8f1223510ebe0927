/**
 * Writes the events of many claims with few statements.
 *
 * An idle writer writes an event immediately. Events that arrive during a write wait in a queue per log and are
 * written together by the next one: there is no timer, and batches grow only when the database is slow. Adjacent
 * waiting events may be merged. A log whose row is locked is left for a later write, so that it never delays the
 * other logs. Copies are published to the live channel after the commit.
 */
import { type EventLog, FencedError } from './event-log.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Log } from './log.ts';

/**
 * @example
 * const writes: Promise<void>[] = [];
 * for await (const chunk of chunks) writes.push(writer.append(runLog('7'), claim.fence, chunk));
 * await Promise.all(writes);
 */
export class BatchWriter {
  readonly #log: Pick<EventLog, 'appendAvailable'>;
  readonly #live: Pick<LiveChannel, 'publish'>;
  /** By log id, oldest batch first. No queue is empty. */
  readonly #queues = new Map<string, Batch[]>();
  #writing: Promise<void> | undefined;
  #arrived = NOTHING;
  #closed = false;

  constructor({ log, live }: BatchWriterOptions) {
    this.#log = log;
    this.#live = live;
  }

  /**
   * Resolves when the event is stored. Events of one log are stored in the order of the calls, so callers need not
   * await one before they append the next: the number of calls that they leave pending bounds the queue. Events that
   * wait behind a failed event are rejected with it, so that no gap is stored; events appended after that may be
   * stored again. Rejections may be ignored: they are never reported as unhandled.
   * `merge` joins the event with the waiting event before it in its log, or returns undefined to keep them separate.
   * Errors: FencedError when the claim was taken over; those of the database; every call after `close`.
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

  /** Accepts no more events. Resolves when every accepted event is stored or rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  /** The newest batch of the log if it still accepts events under this fence, else a new batch. */
  #openBatch(logId: string, fence: number): Batch {
    const queue = this.#queues.get(logId) ?? [];
    const newest = queue.at(-1);
    const isOpen = newest && newest.state !== 'writing' && newest.fence === fence;
    if (isOpen && newest.events.length < MAX_BATCH_EVENTS) return newest;
    const batch: Batch = { logId, fence, events: [], state: 'waiting', stored: Promise.withResolvers() };
    batch.stored.promise.catch(NOTHING);
    queue.push(batch);
    this.#queues.set(logId, queue);
    return batch;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // events of the same tick are written together
    while (this.#queues.size > 0) {
      const oldest = [...this.#queues.values()].map((queue) => queue[0]!);
      if (oldest.every(({ state }) => state === 'busy')) await this.#pause();
      await this.#write(oldest);
    }
    this.#writing = undefined;
  }

  async #write(batches: Batch[]): Promise<void> {
    for (const batch of batches) batch.state = 'writing';
    try {
      const appends = batches.map(({ logId, fence, events }) => ({ logId, fence, events }));
      const { stored, busy, fenced } = await this.#log.appendAvailable(appends);
      this.#live.publish(stored);
      for (const batch of batches) {
        if (busy.includes(batch.logId)) batch.state = 'busy';
        else this.#complete(batch, fenced.includes(batch.logId) ? new FencedError(batch.logId) : null);
      }
    } catch (error) {
      for (const batch of batches) this.#complete(batch, error);
    }
  }

  #complete(batch: Batch, error: unknown): void {
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

  /** Waits for a short time, or until an event arrives, because all logs are busy. */
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

/** Joins two consecutive events of one log, or returns undefined to keep them separate. */
export type Merge<Event> = (first: Event, second: Event) => Event | undefined;

/** Events of one claim that are written together. */
interface Batch {
  logId: string;
  fence: number;
  events: unknown[];
  /** A batch accepts events in every state but `writing`. `busy`: the row of its log was locked. */
  state: 'waiting' | 'writing' | 'busy';
  stored: PromiseWithResolvers<void>;
}
