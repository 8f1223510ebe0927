import type { StoredEvent } from './event-log.ts';

/**
 * Carries copies of freshly committed events to the processes that follow their logs. At most once and
 * unordered: a copy that is lost or late is filled from the log (see `follow.ts`), so nothing depends on it
 * but speed. May be away at any time: `publish` never throws and never waits for long.
 */
export interface LiveChannel {
  /** Tells the followers of each event's log, after the commit. Fire and forget. */
  publish(events: readonly StoredEvent[]): void;
  /**
   * Calls `onEvents` with batches of one log's events until the returned function is called.
   * Resolves when the subscription stands, or when the channel is away (then it stands as soon as it is back).
   */
  subscribe(logId: string, onEvents: (events: StoredEvent[]) => void): Promise<() => void>;
  close(): Promise<void>;
}
