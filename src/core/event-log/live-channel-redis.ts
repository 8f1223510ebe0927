import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisConnection } from '../redis.ts';
import type { StoredEvent } from './event-log.ts';
import type { LiveChannel, LiveListener } from './live-channel.ts';

/**
 * The live channel between processes, on Redis publish/subscribe: one Redis channel per log.
 *
 * Redis may refuse connections, hang or become unavailable at any time. Copies are lost then, but no promise is left
 * unhandled, and all subscriptions are restored when the connection returns. A subscribing connection can run no
 * other commands, so there are two connections. The caller that opened them closes them.
 *
 * @example
 * const live = new RedisLiveChannel({ publisher: connectRedis(url, warn), subscriber: connectRedis(url, warn) });
 */
export class RedisLiveChannel implements LiveChannel {
  readonly #publisher: RedisConnection;
  readonly #pubSub: RedisPubSub;

  constructor({ publisher, subscriber }: RedisLiveChannelOptions) {
    this.#publisher = publisher;
    this.#pubSub = new RedisPubSub({
      publisher: publisher.redis,
      // RedisPubSub uses only these four methods of the client.
      subscriber: new SubscribedChannels(subscriber) as unknown as Redis,
    });
  }

  publish(events: readonly StoredEvent[]): void {
    const { stream } = this.#publisher.redis;
    stream?.cork(); // one socket write for all logs: a quarter of the CPU time for 50 logs
    for (const [logId, batch] of Map.groupBy(events, (event) => event.logId)) {
      void this.#publisher.attempt((redis) => redis.publish(CHANNEL_PREFIX + logId, encode(batch)));
    }
    stream?.uncork();
  }

  async subscribe(logId: string, listener: LiveListener): Promise<() => void> {
    const id = await this.#pubSub.subscribe(CHANNEL_PREFIX + logId, (message: unknown) => {
      const batch = BatchMessage.safeParse(message);
      if (!batch.success) return;
      const { head, events } = batch.data;
      listener(
        head,
        events.map((event) => ({ logId, ...event })),
      );
    });
    return () => this.#pubSub.unsubscribe(id);
  }
}

/**
 * The set of subscribed channels, which is subscribed again whenever the connection becomes ready.
 * RedisPubSub gets this instead of the connection: when one of its commands fails, it leaves the rejection unhandled,
 * which ends the process (davidyaha/graphql-redis-subscriptions#593). These commands never reject.
 */
class SubscribedChannels {
  readonly #connection: RedisConnection;
  readonly #channels = new Set<string>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    connection.redis.on('ready', () => {
      if (this.#channels.size > 0) void connection.attempt((redis) => redis.subscribe(...this.#channels));
    });
  }

  on(event: 'message' | 'pmessage', listener: (...args: string[]) => void): void {
    this.#connection.redis.on(event, listener);
  }

  /** Calls `done` when the subscription is active, and also when Redis is unavailable. */
  subscribe(channel: string, done: () => void): void {
    this.#channels.add(channel);
    void this.#connection.attempt((redis) => redis.subscribe(channel)).then(done);
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    void this.#connection.attempt((redis) => redis.unsubscribe(channel));
  }

  /** RedisPubSub also calls this for each `unsubscribe`. Pattern subscriptions are not used. */
  punsubscribe(): void {}
}

function encode(batch: StoredEvent[]): string {
  const head = batch.at(-1)!.seq;
  const message = JSON.stringify({ head, events: batch.map(({ seq, at, data }) => ({ seq, at, data })) });
  return Buffer.byteLength(message) > MAX_MESSAGE_BYTES ? JSON.stringify({ head, events: [] }) : message;
}

const BatchMessage = z.object({
  head: z.int(),
  events: z.array(z.object({ seq: z.int(), at: z.coerce.date(), data: z.unknown() })),
});

const CHANNEL_PREFIX = 'log:';

/** Larger batches are published without their events: Redis buffers one copy per slow subscriber. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface RedisLiveChannelOptions {
  publisher: RedisConnection;
  /** A connection that nothing else uses. */
  subscriber: RedisConnection;
}
