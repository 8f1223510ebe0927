/**
 * Follows logs: every event after a cursor, once each, in order, and then each new one as it is written.
 *
 * The log is the truth and the live channel only speed. A reader first joins the log's live subscription, then
 * reads the log from its cursor on. It is
 *
 *   behind   while the log may hold more than it has got: from the start until it has read to the log's end, and
 *            whenever it hears of an event that is not the next one (a copy was lost, came late, or did not fit
 *            into its buffer). It reads page by page; what comes live meanwhile waits in the buffer.
 *   live     when it has everything it knows of. It gives out what comes live as long as that is the next one.
 *
 * A copy that is lost with nothing after it would leave a reader live and wrong. So once in a while the heads of
 * all logs from which nothing came are read, in one statement, and readers whose log is further than they know fall
 * behind. A reader whose log cannot be read waits for the first heads that can.
 */
import { onReturn } from '../async/on-return.ts';
import { type EventLogReader, type StoredEvent, TrimmedError } from './event-log.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Log } from './log.ts';

/**
 * All readers of one process. However many follow the same log, it has one live subscription, from the first
 * reader's first `next` until the last one has left.
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
   * Gives the log's events with seq > `after` until the reader leaves: by `return`, by `signal`, or because the
   * follower is closed. Each of them ends a pending `next` at once and quietly.
   * Errors: TrimmedError when events that were still to come are no longer kept.
   */
  follow<Event>(log: Log<Event>, after: number, signal: AbortSignal): EventsOf<Event> {
    const reader = new Reader(after, this.#bufferEvents);
    const events = this.#events(log, reader, signal) as EventsOf<Event>; // the log holds nothing else
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
      await reader.until(shared.isLive);
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
    const first = page[0]?.seq ?? head + 1;
    if (first > cursor + 1) throw new TrimmedError(shared.log, cursor);
    reader.append(page, page.length < this.#pageEvents);
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

/** What the readers of one log share: its live subscription, and reads of the same page. */
class LogSubscription {
  readonly log: Log;
  readonly readers = new Set<Reader>();
  /** Resolves when the live subscription stands, or the live channel is away. */
  readonly isLive: Promise<() => void>;
  readonly #source: EventLogReader;
  readonly #pageEvents: number;
  readonly #reads = new Map<number, Promise<StoredEvent[]>>();
  #isQuiet = true;

  constructor(log: Log, source: EventLogReader, live: Pick<LiveChannel, 'subscribe'>, pageEvents: number) {
    this.log = log;
    this.#source = source;
    this.#pageEvents = pageEvents;
    this.isLive = live.subscribe(log, (head, events) => {
      this.#isQuiet = false;
      this.notify(head, events);
    });
  }

  end(): void {
    void this.isLive.then((unsubscribe) => unsubscribe());
  }

  /** Whether nothing has come live since the last time this was asked. */
  wasQuiet(): boolean {
    const wasQuiet = this.#isQuiet;
    this.#isQuiet = true;
    return wasQuiet;
  }

  notify(head: number, events: readonly StoredEvent[]): void {
    for (const reader of this.readers) reader.offer(head, events);
  }

  /** Readers that were woken together ask for the same page in the same tick, and share one read. */
  read(after: number): Promise<StoredEvent[]> {
    const read = this.#reads.get(after) ?? this.#readLater(after);
    this.#reads.set(after, read);
    return read;
  }

  /** From its start on, a read is nobody else's: it need not see what the next one to ask knows of. */
  async #readLater(after: number): Promise<StoredEvent[]> {
    await Promise.resolve();
    this.#reads.delete(after);
    return this.#source.read(this.log, after, this.#pageEvents);
  }
}

/** One reader's place in its log. The buffer holds copies as they came; whatever it lacks is in the log. */
class Reader {
  /** seq of the newest event that was taken from the buffer or fetched: the next one is cursor + 1. */
  cursor: number;
  /** The newest seq that the log is known to hold. */
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

  /** Meant for when there is nothing to take. */
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

  append(page: readonly StoredEvent[], isLast: boolean): void {
    this.#fetched = [...page];
    this.cursor = page.at(-1)?.seq ?? this.cursor;
    this.#hasReadToEnd ||= isLast;
  }

  /** Resolves when there may be something to take or to fetch, or the reader has left. */
  changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** The same as `work`, but undefined as soon as the reader has left. */
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
  /** Told when the log cannot be read, after which its readers try again. */
  onError: (error: unknown) => void;
  /** The pause between attempts to read; a lost copy goes unnoticed for at most two of them. */
  headsIntervalMs?: number;
  /** How many live events wait for a reader that is busy; what does not fit is read from the log again. */
  bufferEvents?: number;
  /** How many events are read at a time: 10,000 took 119 ms in pages of 200, 74 of 500, 64 of 1,000. */
  pageEvents?: number;
}
