import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { StoredEvent } from './event-log.ts';
import type { LiveChannel, LiveListener } from './live-channel.ts';

/**
 * The live channel between processes, on Redis publish/subscribe: one channel for each log.
 *
 * Redis may refuse, hang or vanish at any time. Then copies are lost, no promise is left unhandled, nothing queues
 * up for longer than SILENCE_MS, and both connections come back by themselves with all their subscriptions.
 *
 * @example
 * const live = new RedisLiveChannel({ url: 'redis://localhost:6379', onError: (error) => logger.warn(error) });
 */
export class RedisLiveChannel implements LiveChannel {
  readonly #publisher: Connection;
  readonly #subscriber: Connection;
  readonly #pubSub: RedisPubSub;
  readonly #prefix: string;

  constructor({ url, onError, prefix = 'log:' }: RedisLiveChannelOptions) {
    this.#prefix = prefix;
    this.#publisher = new Connection(url, onError);
    this.#subscriber = new Connection(url, onError);
    this.#pubSub = new RedisPubSub({
      publisher: this.#publisher.redis,
      // It uses four methods of a whole client; these are they.
      subscriber: new WantedChannels(this.#subscriber) as unknown as Redis,
    });
  }

  publish(events: readonly StoredEvent[]): void {
    const { stream } = this.#publisher.redis;
    stream?.cork(); // one write to the socket for all logs: a quarter of the CPU for 50 of them
    for (const [logId, batch] of Map.groupBy(events, (event) => event.logId)) {
      void this.#publisher.settle((redis) => redis.publish(this.#prefix + logId, encode(batch)));
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

  /** Rejects while Redis is away. */
  async ping(): Promise<void> {
    await this.#publisher.redis.ping();
  }

  async close(): Promise<void> {
    await this.#publisher.settle((redis) => redis.quit());
    this.#publisher.redis.disconnect();
    this.#subscriber.redis.disconnect();
  }
}

/**
 * The subscribing connection as a set of wanted channels, which is made good whenever the connection is ready.
 * RedisPubSub gets this instead of the connection, because it leaves a rejection unhandled, which ends the process,
 * when a command of its own fails (davidyaha/graphql-redis-subscriptions#593): here none ever does.
 */
class WantedChannels {
  readonly #connection: Connection;
  readonly #wanted = new Set<string>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.redis.on('ready', () => {
      if (this.#wanted.size > 0) void connection.settle((redis) => redis.subscribe(...this.#wanted));
    });
  }

  on(event: 'message' | 'pmessage', listener: (...args: string[]) => void): void {
    this.#connection.redis.on(event, listener);
  }

  /** Calls `done` when the subscription stands, and also when it cannot stand just now. */
  subscribe(channel: string, done: () => void): void {
    this.#wanted.add(channel);
    void this.#connection.settle((redis) => redis.subscribe(channel)).then(done);
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    void this.#connection.settle((redis) => redis.unsubscribe(channel));
  }

  /** RedisPubSub calls it beside each `unsubscribe`; no pattern is ever subscribed. */
  punsubscribe(): void {}
}

/** Comes back by itself, keeps nothing for later, and reports the first error of each outage. */
class Connection {
  readonly redis: Redis;
  readonly #onError: (error: unknown) => void;
  #isReported = false;

  constructor(url: string, onError: (error: unknown) => void) {
    this.#onError = onError;
    this.redis = new Redis(url, {
      // A command that cannot be sent or answered soon fails, and is not sent again later.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: null,
      commandTimeout: ANSWER_MS,
      // A connection that stays silent when it should answer is given up, with all that waits in it.
      socketTimeout: SILENCE_MS,
      connectTimeout: SILENCE_MS,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_PAUSE_MS),
    });
    this.redis.on('error', (error) => this.#report(error));
  }

  /** Resolves when the command has been answered or has failed. */
  async settle(command: (redis: Redis) => Promise<unknown>): Promise<void> {
    try {
      await command(this.redis);
      this.#isReported = false;
    } catch (error) {
      if (this.redis.status === 'ready') this.#report(error); // else the connection has told why it is not
    }
  }

  #report(error: unknown): void {
    if (!this.#isReported) this.#onError(error);
    this.#isReported = true;
  }
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

const ANSWER_MS = 500;
const SILENCE_MS = 1_000;
const MAX_RECONNECT_PAUSE_MS = 2_000;
/** Larger batches are only announced: Redis would hold one copy for each process that is slow to take it. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface RedisLiveChannelOptions {
  url: string;
  /** Told once for each outage of one of the two connections. */
  onError: (error: unknown) => void;
  /** Of the names of Redis channels. */
  prefix?: string;
}
