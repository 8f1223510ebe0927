import { abortOnReturn } from '../../core/async/on-return.ts';
import { TrimmedError } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import { AppError } from '../../errors.ts';
import type { Services } from '../context.ts';

/**
 * Opens a subscription to a log. Its cursor `after` decides what it yields:
 *
 *   omitted                     a snapshot, then the events after it
 *   n                           every event with seq > n
 *   n older than the log        a snapshot, then the events after it
 *   n above the head            BAD_USER_INPUT
 *   n at the end of an ended log   nothing
 *
 * The stream ends after an event of the type `endsAfter`, or when the reader leaves, which ends a pending wait
 * immediately.
 */
export async function openStream<
  Event extends { type: string },
  Snapshot extends { seq: number },
  Type extends Event['type'] = Event['type'],
>(
  { eventLog, followers }: Pick<Services, 'eventLog' | 'followers'>,
  options: StreamOptions<Event, Snapshot, Type>,
): Promise<EventStream<Extract<Event, { type: Type }>, Snapshot>> {
  const { log, after } = options;
  const { head, floor } = await eventLog.state(log);
  if (after != null) checkAfter(after, head, 'a snapshot');
  const isAtEnd =
    after === head && (await options.hasEnded?.()) === true && (await eventLog.state(log)).head === after;
  const wantsSnapshot = after == null || after < floor;
  return abortOnReturn((signal) => (isAtEnd ? nothing() : read(signal)));

  async function* read(signal: AbortSignal) {
    let cursor = after ?? 0;
    for (let isBehind = wantsSnapshot; ; isBehind = true) {
      if (isBehind) {
        const snapshot = await options.snapshot();
        yield snapshot;
        cursor = snapshot.seq;
      }
      try {
        return yield* follow(cursor, signal);
      } catch (error) {
        if (!(error instanceof TrimmedError)) throw error; // otherwise continue with a new snapshot
      }
    }
  }

  async function* follow(cursor: number, signal: AbortSignal) {
    for await (const event of followers.follow(log, cursor, signal)) {
      const { seq, at, data } = event;
      if (await isShown(data)) yield { seq, at, data } as LogEvent<Extract<Event, { type: Type }>>;
      if (data.type === options.endsAfter) return;
    }
  }

  async function isShown(event: Event): Promise<boolean> {
    const { shows, where } = options;
    if (shows && !(shows as readonly string[]).includes(event.type)) return false;
    return where ? where(event) : true;
  }
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}

/** Errors: BAD_USER_INPUT when no reader of a log can have received `after`. */
export function checkAfter(after: number, head: number, start: string): void {
  if (after >= 0 && after <= head) return;
  const message = `after: ${after} is not in this log, whose newest event is ${head}. Omit \`after\` to start with ${start}.`;
  throw new AppError('BAD_USER_INPUT', message);
}

/** Resolves when an event of the log satisfies `matches`, or after `timeoutMs`. */
export async function waitForEvent<Data>(
  { followers }: Pick<Services, 'followers'>,
  log: Log<Data>,
  after: number,
  timeoutMs: number,
  matches: (data: NoInfer<Data>) => boolean,
): Promise<void> {
  const events = followers.follow(log, after, AbortSignal.timeout(timeoutMs));
  for await (const { data } of events) if (matches(data)) return;
}

/** An event with its position in its log. Distributes over unions of events. */
export type LogEvent<Event> = Event extends unknown ? { seq: number; at: Date; data: Event } : never;

export type EventStream<Event, Snapshot> = AsyncGenerator<LogEvent<Event> | Snapshot, void, undefined>;

interface StreamOptions<Event extends { type: string }, Snapshot, Type extends Event['type']> {
  log: Log<Event>;
  after: number | null | undefined;
  /** Whether the log will get no more events. Called only for a reader that has all events. Default: never. */
  hasEnded?: () => Promise<boolean>;
  snapshot: () => Promise<Snapshot>;
  /** The event types that this stream includes. Default: all types of the log. */
  shows?: readonly Type[];
  /** Selects among the events of these types. Default: all. */
  where?: (event: Event) => boolean | Promise<boolean>;
  /** The event type that ends the stream, included or not. Default: it continues until the reader leaves. */
  endsAfter?: Event['type'];
}
