/**
 * An append-only log: events numbered 1, 2, 3 … without gaps, however many processes write to it.
 *
 * The number (`seq`) comes from the row of the log in the writer's transaction, so a rollback leaves no gap. A
 * reader's cursor is the seq of the last event that it has seen.
 *
 * A log has a *fence*, a number that each claim on its subject raises (see `claims.ts`). A write that carries the
 * fence of a claim is rejected with FencedError once a later claim exists. A write without a fence, such as a user's
 * mutation, is always accepted.
 */
import type { Log } from './log.ts';

export interface StoredEvent<Data = unknown> {
  logId: string;
  /** Position in the log, from 1, without gaps. */
  seq: number;
  at: Date;
  data: Data;
}

/** The events to append to one log. Untyped: writers accept a `Log` and check the event type there. */
export interface LogAppend {
  logId: string;
  /** JSON values whose strings contain no NUL and no unpaired surrogate. Empty: only the fence is checked. */
  events: unknown[];
  /** The fence of the writer's claim. Absent for a write that needs no claim. */
  fence?: number;
}

/** An append under a claim. Its log exists: taking the claim created it. */
export interface FencedAppend extends LogAppend {
  fence: number;
}

export interface LogState {
  /** seq of the newest event. 0 when the log is empty or does not exist. */
  head: number;
  /** seq of the newest trimmed event. 0 when no event was trimmed. */
  floor: number;
}

export interface LogPage<Data = unknown> {
  events: StoredEvent<Data>[];
  /** Whether the log had more events after these when they were read. */
  hasMore: boolean;
}

/** JSON in one read: 1,000 events of usual size, and no more than that of the largest ones. */
export const MAX_PAGE_BYTES = 256 * 1024;

/** The read side of the log. Reads never wait for writers. */
export interface EventLogReader {
  state(logId: string): Promise<LogState>;
  /** The heads of many logs, in one statement. Logs that do not exist are absent. */
  heads(logIds: readonly string[]): Promise<Map<string, number>>;
  /**
   * The retained events with seq > `after`, in order: at most `limit`, and at most MAX_PAGE_BYTES of data unless the
   * first event alone has more.
   */
  read<Event>(log: Log<Event>, after: number, limit: number): Promise<LogPage<Event>>;
  /**
   * For each of `parts`, the joined `text` of all events that match every field of the part, in log order. Empty when
   * no event matches. One statement.
   */
  texts<Event>(log: Log<Event>, parts: readonly TextPart<Event>[]): Promise<string[]>;
}

export interface EventLog extends EventLogReader {
  /**
   * Appends to every log or to none, and waits for logs that other transactions have locked. At most one append per
   * log. The first append creates the log. Returns the stored events, grouped by log in the order of the log ids.
   * Errors: FencedError when any fence is stale; the surrounding transaction must then be rolled back.
   */
  append(appends: readonly LogAppend[]): Promise<StoredEvent[]>;
  /**
   * Appends to those logs that no other transaction has locked and returns the skipped ones in `busy`, so that one
   * long transaction never stalls the other logs of a batch. At most one append per log; each succeeds or fails on
   * its own. `fenced` has the logs whose fence is stale or that do not exist.
   */
  appendAvailable(
    appends: readonly FencedAppend[],
  ): Promise<{ stored: StoredEvent[]; busy: string[]; fenced: string[] }>;
  /** Deletes the events with seq ≤ `upTo`. Numbers are never reused: the log continues after its head. */
  trim(logId: string, upTo: number): Promise<void>;
  /** Deletes all events and rejects further writes under existing claims. Numbers are never reused. */
  erase(logId: string): Promise<void>;
}

/** The fields that select the events of one text, for event types that have a `text`. */
export type TextPart<Event> = Event extends { text: string } ? Partial<Event> : never;

/** Another worker has taken over the writer's claim: the writer must stop, and its transaction is rolled back. */
export class FencedError extends Error {
  readonly logId: string;

  constructor(logId: string) {
    super(`the claim on ${logId} was taken over by another worker`);
    this.name = 'FencedError';
    this.logId = logId;
  }
}

/** Events after the reader's cursor have been trimmed: the reader must restart from a snapshot. */
export class TrimmedError extends Error {
  readonly logId: string;

  constructor(logId: string, after: number) {
    super(`the events of ${logId} after ${after} have been trimmed`);
    this.name = 'TrimmedError';
    this.logId = logId;
  }
}
