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
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #pubSub: RedisPubSub;
  readonly #prefix: string;
  readonly #outage: Outage;

  constructor({ url, onError, prefix = 'log:' }: RedisLiveChannelOptions) {
    this.#prefix = prefix;
    this.#outage = new Outage(onError);
    this.#publisher = connect(url, this.#outage);
    this.#subscriber = connect(url, this.#outage);
    this.#pubSub = new RedisPubSub({
      publisher: this.#publisher,
      // It uses four methods of a whole client; these are they.
      subscriber: new WantedChannels(this.#subscriber, this.#outage) as unknown as Redis,
    });
  }

  publish(events: readonly StoredEvent[]): void {
    for (const [logId, batch] of Map.groupBy(events, (event) => event.logId)) {
      const publishing = this.#publisher.publish(this.#prefix + logId, encode(batch));
      publishing.then(this.#outage.over, this.#outage.failed);
    }
  }

  async subscribe(logId: string, listener: LiveListener): Promise<() => void> {
    const id = await this.#pubSub.subscribe(this.#prefix + logId, (message: unknown) => {
      const news = News.safeParse(message);
      if (news.success)
        listener(
          news.data.head,
          news.data.events.map((event) => ({ logId, ...event })),
        );
    });
    return () => this.#pubSub.unsubscribe(id);
  }

  /** Rejects while Redis is away. */
  async ping(): Promise<void> {
    await this.#publisher.ping();
  }

  async close(): Promise<void> {
    await this.#publisher.quit().catch(this.#outage.failed);
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }
}

/**
 * The subscribing half of a connection as a set of wanted channels, which is made good whenever the connection is
 * ready. RedisPubSub gets this instead of the connection, because it leaves a rejection unhandled, which ends the
 * process, when a command of its own fails (davidyaha/graphql-redis-subscriptions#593): here none ever does.
 */
class WantedChannels {
  readonly #redis: Redis;
  readonly #outage: Outage;
  readonly #wanted = new Set<string>();

  constructor(redis: Redis, outage: Outage) {
    this.#redis = redis;
    this.#outage = outage;
    redis.on('ready', () => {
      if (this.#wanted.size > 0) redis.subscribe(...this.#wanted).then(outage.over, outage.failed);
    });
  }

  on(event: 'message' | 'pmessage', listener: (...args: string[]) => void): void {
    this.#redis.on(event, listener);
  }

  /** Calls `done` when the subscription stands, and also when it cannot stand just now. */
  subscribe(channel: string, done: () => void): void {
    this.#wanted.add(channel);
    this.#redis.subscribe(channel).then(this.#outage.over, this.#outage.failed).finally(done);
  }

  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    this.#redis.unsubscribe(channel).catch(this.#outage.failed);
  }

  /** RedisPubSub calls it beside each `unsubscribe`; no pattern is ever subscribed. */
  punsubscribe(): void {}
}

/** Reports the first error of an outage and keeps quiet until it is over. */
class Outage {
  #reported = false;
  readonly failed: (error: unknown) => void;
  readonly over = (): void => void (this.#reported = false);

  constructor(onError: (error: unknown) => void) {
    this.failed = (error) => {
      if (!this.#reported) onError(error);
      this.#reported = true;
    };
  }
}

function connect(url: string, outage: Outage): Redis {
  const redis = new Redis(url, {
    // A command that cannot be sent or answered soon fails, and is not sent again later.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    commandTimeout: ANSWER_MS,
    // A connection with unanswered commands that stays silent is given up, with all that waits in it.
    socketTimeout: SILENCE_MS,
    connectTimeout: SILENCE_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_PAUSE_MS),
  });
  redis.on('error', outage.failed);
  return redis;
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
  /** Told once for each outage of Redis, during which the channel is away. */
  onError: (error: unknown) => void;
  /** Of the names of Redis channels. */
  prefix?: string;
}
