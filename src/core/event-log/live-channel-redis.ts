import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisConnection } from '../redis.ts';
import type { StoredEvent } from './event-log.ts';
import type { LiveChannel, LiveListener } from './live-channel.ts';

/**
 * The live channel between processes, on Redis publish/subscribe: one channel for each log.
 *
 * Redis may refuse, hang or vanish at any time. Then copies are lost, no promise is left unhandled, and once the
 * connection is back all subscriptions stand again. A connection that subscribes can do nothing else, so there are
 * two; whoever made them closes them.
 *
 * @example
 * const live = new RedisLiveChannel({ publisher: connectRedis(url, warn), subscriber: connectRedis(url, warn) });
 */
export class RedisLiveChannel implements LiveChannel {
  readonly #publisher: RedisConnection;
  readonly #pubSub: RedisPubSub;
  readonly #prefix: string;

  constructor({ publisher, subscriber, prefix = 'log:' }: RedisLiveChannelOptions) {
    this.#prefix = prefix;
    this.#publisher = publisher;
    this.#pubSub = new RedisPubSub({
      publisher: publisher.redis,
      // It uses four methods of a whole client; these are they.
      subscriber: new WantedChannels(subscriber) as unknown as Redis,
    });
  }

  publish(events: readonly StoredEvent[]): void {
    const { stream } = this.#publisher.redis;
    stream?.cork(); // one write to the socket for all logs: a quarter of the CPU for 50 of them
    for (const [logId, batch] of Map.groupBy(events, (event) => event.logId)) {
      void this.#publisher.attempt((redis) => redis.publish(this.#prefix + logId, encode(batch)));
    }
    stream?.uncork();
  }

  async subscribe(logId: string, listener: LiveListener): Promise<() => void> {
    const id = await this.#pubSub.subscribe(this.#prefix + logId, (message: unknown) => {
      const news = News.safeParse(message);
      if (!news.success) return;
      const { head, events } = news.data;
      listener(
        head,
        events.map((event) => ({ logId, ...event })),
      );
    });
    return () => this.#pubSub.unsubscribe(id);
  }
}

/**
 * The subscribing connection as a set of wanted channels, which is made good whenever the connection is ready.
 * RedisPubSub gets this instead of the connection, because it leaves a rejection unhandled, which ends the process,
 * when a command of its own fails (davidyaha/graphql-redis-subscriptions#593): here none ever does.
 */
class WantedChannels {
  readonly #connection: RedisConnection;
  readonly #wanted = new Set<string>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    connection.redis.on('ready', () => {
      if (this.#wanted.size > 0) void connection.attempt((redis) => redis.subscribe(...this.#wanted));
    });
  }

  on(event: 'message' | 'pmessage', listener: (...args: string[]) => void): void {
    this.#connection.redis.on(event, listener);
  }

  /** Calls `done` when the subscription stands, and also when it cannot stand just now. */
  subscribe(channel: string, done: () => void): void {
    this.#wanted.add(channel);
    void this.#connection.attempt((redis) => redis.subscribe(channel)).then(done);
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    void this.#connection.attempt((redis) => redis.unsubscribe(channel));
  }

  /** RedisPubSub calls it beside each `unsubscribe`; no pattern is ever subscribed. */
  punsubscribe(): void {}
}

function encode(batch: StoredEvent[]): string {
  const head = batch.at(-1)!.seq;
  const message = JSON.stringify({ head, events: batch.map(({ seq, at, data }) => ({ seq, at, data })) });
  return Buffer.byteLength(message) > MAX_MESSAGE_BYTES ? JSON.stringify({ head, events: [] }) : message;
}

const News = z.object({
  head: z.int(),
  events: z.array(z.object({ seq: z.int(), at: z.coerce.date(), data: z.unknown() })),
});

/** Larger batches are only announced: Redis would hold one copy for each process that is slow to take it. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface RedisLiveChannelOptions {
  publisher: RedisConnection;
  /** Serves this channel alone. */
  subscriber: RedisConnection;
  /** Of the names of Redis channels. */
  prefix?: string;
}
