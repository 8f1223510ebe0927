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
export interface StoredEvent<Data = unknown> {
  logId: string;
  /** From 1, rises by one within the log. */
  seq: number;
  at: Date;
  data: Data;
}

export interface LogAppend {
  logId: string;
  /** At least one; each a JSON value. */
  events: unknown[];
  /** The fence of the writer's claim; absent for a writer that needs none. */
  fence?: number;
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
  /** Events with seq > `after` in order, at most `limit` of them. */
  read(logId: string, after: number, limit: number): Promise<StoredEvent[]>;
}

export interface EventLog extends EventLogReader {
  /**
   * Appends to each log, all or nothing, waiting for logs that other transactions hold.
   * Logs are made when first written to. Errors: FencedError when any fence is stale.
   */
  append(appends: readonly LogAppend[]): Promise<StoredEvent[]>;
  /**
   * Appends to those logs that nobody else holds just now and says which ones it had to leave (`busy`), so
   * that one long transaction never stalls the other logs of a batch. A stale fence is reported in `fenced`.
   */
  appendAvailable(appends: readonly LogAppend[]): Promise<{ stored: StoredEvent[]; busy: string[]; fenced: string[] }>;
}

/** The writer's claim has been taken over by another: it must stop, and nothing of its transaction stands. */
export class FencedError extends Error {
  readonly logId: string;

  constructor(logId: string) {
    super(`the claim on ${logId} was taken over by another worker`);
    this.name = 'FencedError';
    this.logId = logId;
  }
}
