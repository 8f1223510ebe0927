/**
 * Follows logs: yields every event after a cursor, exactly once and in order, then each new event as it is written.
 *
 * The log is the source of truth; the live channel only reduces latency. A reader first joins the live subscription
 * of its log, then reads the log from its cursor. A reader is
 *
 *   behind   when the log may contain events that it does not have: until it has read to the end of the log, and
 *            whenever it receives an event that is not the next one (a copy was lost, arrived late, or did not fit
 *            into its buffer). It reads the log page by page, while live events wait in the buffer.
 *   live     when it has every event that it knows of. It yields live events as long as each is the next one.
 *
 * If the last copy is lost, no later event reveals the gap. So the heads of all logs without recent live events are
 * read periodically, in one statement, and readers whose log has advanced become behind. A reader whose log cannot be
 * read retries after the next successful read of the heads.
 */
import { onReturn } from '../async/on-return.ts';
import { type EventLogReader, type LogPage, type StoredEvent, TrimmedError } from './event-log.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Log } from './log.ts';

/**
 * All readers of one process. The readers of one log share one live subscription, from the first `next` of the first
 * reader until the last reader has left.
 *
 * @example
 * for await (const event of follower.follow(runLog('7'), cursor, signal)) send(event);
 */
export class LogFollower {
  readonly #log: EventLogReader;
  readonly #live: Pick<LiveChannel, 'subscribe'>;
  readonly #onError: (error: unknown) => void;
  readonly #headsIntervalMs: number;
  readonly #bufferEvents: number;
  readonly #pageEvents: number;
  readonly #subscriptions = new Map<string, LogSubscription>();
  #timer: NodeJS.Timeout | undefined;
  #readingHeads = false;
  #closed = false;

  constructor(options: LogFollowerOptions) {
    this.#log = options.log;
    this.#live = options.live;
    this.#onError = options.onError;
    this.#headsIntervalMs = options.headsIntervalMs ?? 1_000;
    this.#bufferEvents = options.bufferEvents ?? 256;
    this.#pageEvents = options.pageEvents ?? 500;
  }

  /**
   * Yields the log's events with seq > `after` until the reader calls `return`, `signal` aborts, or the follower is
   * closed. Each of these ends a pending `next` immediately and without an error.
   * Errors: TrimmedError when events that the reader has not received have been trimmed.
   */
  follow<Event>(log: Log<Event>, after: number, signal: AbortSignal): EventsOf<Event> {
    const reader = new Reader(after, this.#bufferEvents);
    const events = this.#events(log, reader, signal) as EventsOf<Event>; // a log contains only events of its type
    return onReturn(events, () => reader.leave());
  }

  /** Ends all readers. */
  close(): void {
    this.#closed = true;
    for (const shared of this.#subscriptions.values()) {
      for (const reader of shared.readers) reader.leave();
      this.#drop(shared);
    }
  }

  async *#events(
    log: Log,
    reader: Reader,
    signal: AbortSignal,
  ): AsyncGenerator<StoredEvent, void, undefined> {
    if (this.#closed || signal.aborted) return;
    const leave = () => reader.leave();
    signal.addEventListener('abort', leave);
    const shared = this.#subscribe(log);
    shared.readers.add(reader);
    try {
      await reader.until(shared.subscribed);
      while (!reader.hasLeft) {
        const event = reader.next();
        if (event) yield event;
        else if (reader.isBehind) await this.#fetch(shared, reader);
        else await reader.changed();
      }
    } finally {
      signal.removeEventListener('abort', leave);
      shared.readers.delete(reader);
      if (shared.readers.size === 0) this.#drop(shared);
    }
  }

  async #fetch(shared: LogSubscription, reader: Reader): Promise<void> {
    const { cursor, head } = reader;
    const page = await reader.until(shared.read(cursor)).catch((error: unknown) => {
      this.#onError(error);
    });
    if (reader.hasLeft) return;
    if (!page) return reader.changed();
    const first = page.events[0]?.seq ?? head + 1;
    if (first > cursor + 1) throw new TrimmedError(shared.log, cursor);
    reader.append(page);
  }

  #subscribe(log: Log): LogSubscription {
    const shared =
      this.#subscriptions.get(log) ?? new LogSubscription(log, this.#log, this.#live, this.#pageEvents);
    this.#subscriptions.set(log, shared);
    this.#timer ??= setInterval(() => void this.#readHeads(), this.#headsIntervalMs).unref();
    return shared;
  }

  #drop(shared: LogSubscription): void {
    if (this.#subscriptions.get(shared.log) !== shared) return;
    this.#subscriptions.delete(shared.log);
    shared.end();
    if (this.#subscriptions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #readHeads(): Promise<void> {
    if (this.#readingHeads) return;
    this.#readingHeads = true;
    try {
      const quiet = [...this.#subscriptions.values()].filter((shared) => shared.wasQuiet());
      if (quiet.length === 0) return;
      const heads = await this.#log.heads(quiet.map(({ log }) => log));
      for (const shared of quiet) shared.notify(heads.get(shared.log) ?? 0, []);
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#readingHeads = false;
    }
  }
}

/** The state that readers of one log share: its live subscription and concurrent reads of the same page. */
class LogSubscription {
  readonly log: Log;
  readonly readers = new Set<Reader>();
  /** Resolves when the live subscription is active or the live channel is unavailable. */
  readonly subscribed: Promise<() => void>;
  readonly #source: EventLogReader;
  readonly #pageEvents: number;
  readonly #reads = new Map<number, Promise<LogPage>>();
  #isQuiet = true;

  constructor(log: Log, source: EventLogReader, live: Pick<LiveChannel, 'subscribe'>, pageEvents: number) {
    this.log = log;
    this.#source = source;
    this.#pageEvents = pageEvents;
    this.subscribed = live.subscribe(log, (head, events) => {
      this.#isQuiet = false;
      this.notify(head, events);
    });
  }

  end(): void {
    void this.subscribed.then((unsubscribe) => unsubscribe());
  }

  /** Whether no live event has arrived since the previous call. */
  wasQuiet(): boolean {
    const wasQuiet = this.#isQuiet;
    this.#isQuiet = true;
    return wasQuiet;
  }

  notify(head: number, events: readonly StoredEvent[]): void {
    for (const reader of this.readers) reader.offer(head, events);
  }

  /** Readers that are woken together request the same page in the same tick and share one read. */
  read(after: number): Promise<LogPage> {
    const read = this.#reads.get(after) ?? this.#readLater(after);
    this.#reads.set(after, read);
    return read;
  }

  /** A read that has started is no longer shared: it may miss events that a later reader already knows of. */
  async #readLater(after: number): Promise<LogPage> {
    await Promise.resolve();
    this.#reads.delete(after);
    return this.#source.read(this.log, after, this.#pageEvents);
  }
}

/** The position of one reader in its log. The buffer holds live copies; missing events are read from the log. */
class Reader {
  /** seq of the newest event taken from the buffer or fetched. The next event is cursor + 1. */
  cursor: number;
  /** The newest known seq of the log. */
  head: number;
  hasLeft = false;
  readonly #bufferEvents: number;
  readonly #buffer: StoredEvent[] = [];
  #fetched: StoredEvent[] = [];
  #hasReadToEnd = false;
  #wake = NOTHING;
  #interrupt = NOTHING;

  constructor(after: number, bufferEvents: number) {
    this.cursor = after;
    this.head = after;
    this.#bufferEvents = bufferEvents;
  }

  /** Meaningful when `next` returns undefined. */
  get isBehind(): boolean {
    return !this.#hasReadToEnd || this.head > this.cursor;
  }

  offer(head: number, events: readonly StoredEvent[]): void {
    this.head = Math.max(this.head, head);
    for (const event of events) {
      if (event.seq > this.cursor && this.#buffer.length < this.#bufferEvents) this.#buffer.push(event);
    }
    if (this.isBehind) this.#wake();
  }

  next(): StoredEvent | undefined {
    if (this.#fetched.length > 0) return this.#fetched.shift();
    while (this.#buffer[0] && this.#buffer[0].seq <= this.cursor) this.#buffer.shift();
    if (this.#buffer[0]?.seq !== this.cursor + 1) return undefined;
    this.cursor++;
    return this.#buffer.shift();
  }

  append({ events, hasMore }: LogPage): void {
    this.#fetched = [...events];
    this.cursor = events.at(-1)?.seq ?? this.cursor;
    this.#hasReadToEnd ||= !hasMore;
  }

  /** Resolves when there may be an event to take or to fetch, or the reader has left. */
  changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Settles like `work`, but resolves to undefined as soon as the reader leaves. */
  until<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined);
      work.then(resolve, reject);
    });
  }

  leave(): void {
    this.hasLeft = true;
    this.#wake();
    this.#interrupt();
  }
}

const NOTHING = (): void => {};

type EventsOf<Event> = AsyncGenerator<StoredEvent<Event>, void, undefined>;

export interface LogFollowerOptions {
  log: EventLogReader;
  live: Pick<LiveChannel, 'subscribe'>;
  /** Called when the log cannot be read. Its readers then retry. */
  onError: (error: unknown) => void;
  /** Interval between reads of the heads. A lost copy is detected within two intervals. */
  headsIntervalMs?: number;
  /** Maximum number of live events buffered per reader. Further events are read from the log. */
  bufferEvents?: number;
  /** Events per read. Reading 10,000 took 119 ms in pages of 200, 74 ms in pages of 500, 64 ms in pages of 1,000. */
  pageEvents?: number;
}
