import { expect, vi } from 'vitest';
import { MemoryEventLog } from './event-log-memory.ts';
import type { EventLogReader, StoredEvent } from '../../src/core/event-log/event-log.ts';
import { LogFollower, type LogFollowerOptions } from '../../src/core/event-log/follow.ts';
import type { Log } from '../../src/core/event-log/log.ts';
import type { LiveListener } from '../../src/core/event-log/live-channel.ts';

/** A log and a live channel that the test controls completely. */
export class LogWorld {
  readonly log = new MemoryEventLog();
  readonly followers: LogFollower;
  readonly errors: unknown[] = [];
  /** The cursors of all reads, and the logs of all reads of heads. */
  readonly reads: number[] = [];
  readonly headsReads: string[][] = [];
  everSubscribed = 0;
  failing = false;
  delay = (): Promise<void> => Promise.resolve();
  readonly #listeners = new Map<string, Set<LiveListener>>();
  #subscribing = Promise.resolve();
  #answering = Promise.resolve();
  readonly #held: PromiseWithResolvers<void>[] = [];

  constructor(options: Partial<LogFollowerOptions> = {}) {
    this.followers = new LogFollower({
      log: this.#reader(),
      live: { subscribe: (logId, listener) => this.#subscribe(logId, listener) },
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  get subscriptions(): number {
    return [...this.#listeners.values()].reduce((count, listeners) => count + listeners.size, 0);
  }

  follow(after: number, logId = 'log', signal = new AbortController().signal): Events {
    return this.followers.follow(logId as Log, after, signal);
  }

  async write(count: number, { logId = 'log', copies = 'delivered' as Fate } = {}): Promise<StoredEvent[]> {
    const events = await this.log.append([{ logId, events: Array.from({ length: count }, () => 'x') }]);
    if (copies !== 'lost') this.deliver(events, copies);
    return events;
  }

  deliver(events: StoredEvent[], copies: Fate = 'delivered'): void {
    const { logId, seq } = events.at(-1)!;
    for (const listener of this.#listeners.get(logId) ?? [])
      listener(seq, copies === 'delivered' ? events : []);
  }

  /** Delays subscriptions until the result is resolved. */
  holdSubscriptions(): PromiseWithResolvers<void> {
    const held = this.#hold();
    this.#subscribing = held.promise;
    return held;
  }

  /** Reads see the log as of now, but settle only when the result is resolved. */
  holdAnswers(): PromiseWithResolvers<void> {
    const held = this.#hold();
    this.#answering = held.promise;
    return held;
  }

  release(): void {
    for (const held of this.#held) held.resolve();
  }

  forget(): void {
    this.reads.length = 0;
    this.headsReads.length = 0;
    this.#listeners.clear();
  }

  async expectNothingLeft(): Promise<void> {
    await settled();
    expect(this.subscriptions).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  }

  #hold(): PromiseWithResolvers<void> {
    const held = Promise.withResolvers<void>();
    this.#held.push(held);
    return held;
  }

  #reader(): EventLogReader {
    const answer = async <T>(read: () => Promise<T>): Promise<T> => {
      if (this.failing) throw new Error('the database is away');
      const result = await read();
      await this.#answering;
      await this.delay();
      return result;
    };
    return {
      state: (logId) => this.log.state(logId),
      heads: (logIds) => {
        this.headsReads.push([...logIds]);
        return answer(() => this.log.heads(logIds));
      },
      read: (log, after, limit) => {
        this.reads.push(after);
        return answer(() => this.log.read(log, after, limit));
      },
      texts: (log, parts) => this.log.texts(log, parts),
    };
  }

  async #subscribe(logId: string, listener: LiveListener): Promise<() => void> {
    this.everSubscribed++;
    await this.#subscribing;
    const listeners = this.#listeners.get(logId) ?? new Set();
    this.#listeners.set(logId, listeners.add(listener));
    return () => void listeners.delete(listener);
  }
}

export async function seqs(events: Events, count: number): Promise<number[]> {
  const got: number[] = [];
  while (got.length < count) {
    const next = await events.next();
    if (next.done) throw new Error(`the stream ended after ${got.length} events`);
    got.push(next.value.seq);
  }
  return got;
}

/** Runs all pending work that needs no timer. */
export const settled = () => ticks(50);

export async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

export const END = { done: true, value: undefined };

export type Events = AsyncGenerator<StoredEvent, void, undefined>;
type Fate = 'delivered' | 'lost' | 'without events';
