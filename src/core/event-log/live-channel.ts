import type { StoredEvent } from './event-log.ts';

/**
 * Carries copies of committed events to the processes that follow their logs. Delivery is at most once and unordered:
 * a lost or late copy is read from the log instead (see `follow.ts`), so only latency depends on it. The channel may
 * be unavailable at any time: no method throws or blocks for long.
 */
export interface LiveChannel {
  /** Sends the events to the followers of their logs, after the commit. Fire and forget. */
  publish(events: readonly StoredEvent[]): void;
  /**
   * Calls `listener`, which must not throw, for each batch of the log's events until the returned function is called.
   * Resolves when the subscription is active or the channel is unavailable; in that case it becomes active as soon as
   * the channel is available again.
   */
  subscribe(logId: string, listener: LiveListener): Promise<() => void>;
}

/**
 * `head` is the seq of the newest event of the batch. `events` has consecutive seqs, or is empty when the batch was
 * too large to carry: the events are in the log.
 */
export type LiveListener = (head: number, events: readonly StoredEvent[]) => void;
