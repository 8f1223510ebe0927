import type { StoredEvent } from './event-log.ts';

/**
 * Carries copies of freshly committed events to the processes that follow their logs. At most once and
 * unordered: a copy that is lost or late is filled from the log (see `follow.ts`), so nothing depends on it
 * but speed. May be away at any time: nothing here throws or waits for long.
 */
export interface LiveChannel {
  /** Tells the followers of each event's log, after the commit. Fire and forget. */
  publish(events: readonly StoredEvent[]): void;
  /**
   * Calls `listener`, which must not throw, for each batch of the log's events until the returned function is
   * called. Resolves when the subscription stands, or when the channel is away: then it stands as soon as the
   * channel is back.
   */
  subscribe(logId: string, listener: LiveListener): Promise<() => void>;
}

/**
 * `head` is the seq of the newest event of the batch; `events`, rising by one, may be missing: they were too
 * large to be carried, and are in the log.
 */
export type LiveListener = (head: number, events: readonly StoredEvent[]) => void;
