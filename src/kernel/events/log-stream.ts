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
 * The stream ends after the event for which `isEnd` holds, or when the reader leaves; leaving ends a pending
 * wait at once.
 */
export async function openStream<Data extends { type: string }, Snapshot extends { seq: number }>(
  { eventLog, followers }: Pick<Services, 'eventLog' | 'followers'>,
  options: StreamOptions<Data, Snapshot>,
): Promise<AsyncGenerator<LogEvent<Data> | Snapshot, void, undefined>> {
  const { log, after } = options;
  const { head, floor } = await eventLog.state(log);
  if (after != null && (after > head || after < 0)) {
    const message = `after: ${after} is not in this log; its newest event is ${head}. Leave \`after\` out for a snapshot.`;
    throw new AppError('BAD_USER_INPUT', message);
  }
  const isAtEnd = after === head && (await options.hasEnded()) && (await eventLog.state(log)).head === after;
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
      if (options.includes(data)) yield { seq, at, data };
      if (options.isEnd(data)) return;
    }
  }
}

/** A generator whose `return` also aborts the signal that its waits listen to. */
export function abortOnReturn<T>(start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>) {
  const left = new AbortController();
  const inner = start(left.signal);
  const leave = inner.return.bind(inner);
  inner.return = (value) => {
    left.abort();
    return leave(value);
  };
  return inner;
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

export interface LogEvent<Data> {
  seq: number;
  at: Date;
  data: Data;
}

interface StreamOptions<Data, Snapshot> {
  log: Log<Data>;
  after: number | null | undefined;
  /** Whether the log will get no more events; asked of a reader who has them all. */
  hasEnded: () => Promise<boolean>;
  snapshot: () => Promise<Snapshot>;
  /** Which events this stream shows. */
  includes: (data: Data) => boolean;
  /** After which event it ends. */
  isEnd: (data: Data) => boolean;
}
