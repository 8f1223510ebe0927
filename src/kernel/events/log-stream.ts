import { abortOnReturn } from '../../core/async/on-return.ts';
import { TrimmedError } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import { AppError } from '../../errors.ts';
import type { Services } from '../context.ts';

/**
 * What a subscription to a log gives, by its cursor:
 *
 *   after omitted         a snapshot, then what follows it
 *   after: n              every event with seq > n; older than what is kept: a snapshot first
 *   n above the head      BAD_USER_INPUT
 *   n at the end of a log that has ended: nothing
 *
 * The stream ends after an event of the type `endsAfter`, or when the reader leaves; leaving ends a pending wait at
 * once.
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
  if (after != null && (after > head || after < 0)) {
    const message = `after: ${after} is not in this log; its newest event is ${head}. Leave \`after\` out for a snapshot.`;
    throw new AppError('BAD_USER_INPUT', message);
  }
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
        if (!(error instanceof TrimmedError)) throw error; // else: bring the reader up to date again
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

/** Waits until an event of the log satisfies `matches`; gives up quietly after `timeoutMs`. */
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

/** An event with its place in its log; of a union of events, a union. */
export type LogEvent<Event> = Event extends unknown ? { seq: number; at: Date; data: Event } : never;

export type EventStream<Event, Snapshot> = AsyncGenerator<LogEvent<Event> | Snapshot, void, undefined>;

interface StreamOptions<Event extends { type: string }, Snapshot, Type extends Event['type']> {
  log: Log<Event>;
  after: number | null | undefined;
  /** Whether the log will get no more events; asked of a reader who has them all. Left out: never. */
  hasEnded?: () => Promise<boolean>;
  snapshot: () => Promise<Snapshot>;
  /** The types of events that this stream shows; all of the log when left out. */
  shows?: readonly Type[];
  /** Which events of these types. */
  where?: (event: Event) => boolean | Promise<boolean>;
  /** The type of the event that ends it, shown or not; left out: it goes on until the reader leaves. */
  endsAfter?: Event['type'];
}
