/**
 * An append-only log: events numbered 1, 2, 3 … without a hole, however many processes write to it.
 *
 * The number (`seq`) is taken from the log's own row in the writer's transaction: a rollback leaves no hole,
 * and a reader's cursor is nothing but the seq of the last event it has seen.
 *
 * A log has a *fence*, a number that each claim on its subject raises (see `claims.ts`). A writer that carries
 * the fence of its claim is refused, with FencedError, as soon as somebody else has claimed after it; a writer
 * without one (a user's mutation) is always accepted.
 */
import type { Log } from './log.ts';

export interface StoredEvent<Data = unknown> {
  logId: string;
  /** From 1, rises by one within the log. */
  seq: number;
  at: Date;
  data: Data;
}

/** What is appended to one log. Its writers take their events by `Log`, so that they are of the log's type. */
export interface LogAppend {
  logId: string;
  /** Each a JSON value, whose texts hold neither NUL nor half a surrogate pair. None: only the fence is checked. */
  events: unknown[];
  /** The fence of the writer's claim; absent for a writer that needs none. */
  fence?: number;
}

/** Under a claim, whose log is there already: the claim made it. */
export interface FencedAppend extends LogAppend {
  fence: number;
}

export interface LogState {
  /** seq of the newest event; 0 when the log is empty or does not exist. */
  head: number;
  /** seq of the newest event that was trimmed away; 0 when the log is whole. */
  floor: number;
}

/** What readers need: everything goes by seq, and nothing here blocks on writers. */
export interface EventLogReader {
  state(logId: string): Promise<LogState>;
  /** Heads of many logs in one statement; logs that do not exist are absent. */
  heads(logIds: readonly string[]): Promise<Map<string, number>>;
  /** Events with seq > `after` that are still kept, in order, at most `limit` of them. */
  read<Event>(log: Log<Event>, after: number, limit: number): Promise<StoredEvent<Event>[]>;
  /**
   * For each of `parts`, the `text` of all events that hold every field of it, joined in their order; '' where none
   * does. One statement.
   */
  texts<Event>(log: Log<Event>, parts: readonly TextPart<Event>[]): Promise<string[]>;
}

export interface EventLog extends EventLogReader {
  /**
   * Appends to each log, all or nothing, waiting for logs that other transactions hold. At most one append for
   * each log. Logs are made when first written to. Returns what was stored, log by log in the order of their ids.
   * Errors: FencedError when any fence is stale; a transaction that it belongs to must then be rolled back.
   */
  append(appends: readonly LogAppend[]): Promise<StoredEvent[]>;
  /**
   * Appends to those logs that nobody else holds just now and says which ones it had to leave (`busy`), so
   * that one long transaction never stalls the other logs of a batch. At most one append for each log; each
   * stands for itself. A stale fence is reported in `fenced`, as is a log that does not exist (any more).
   */
  appendAvailable(
    appends: readonly FencedAppend[],
  ): Promise<{ stored: StoredEvent[]; busy: string[]; fenced: string[] }>;
  /** Drops the events with seq ≤ `upTo`. Numbers are never used again: the log goes on after its head. */
  trim(logId: string, upTo: number): Promise<void>;
  /** Drops all events and refuses what claims until now would still write. Numbers are never used again. */
  erase(logId: string): Promise<void>;
}

/** Fields by which the pieces of one text are found: of those events that carry a `text`. */
export type TextPart<Event> = Event extends { text: string } ? Partial<Event> : never;

/** The writer's claim has been taken over by another: it must stop, and nothing of its transaction stands. */
export class FencedError extends Error {
  readonly logId: string;

  constructor(logId: string) {
    super(`the claim on ${logId} was taken over by another worker`);
    this.name = 'FencedError';
    this.logId = logId;
  }
}

/** Events that a reader still needed have been trimmed away: it has to start again, from a snapshot. */
export class TrimmedError extends Error {
  readonly logId: string;

  constructor(logId: string, after: number) {
    super(`the events of ${logId} after ${after} are no longer kept`);
    this.name = 'TrimmedError';
    this.logId = logId;
  }
}
