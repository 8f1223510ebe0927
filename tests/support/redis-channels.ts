import { RedisLiveChannel } from '../../src/core/event-log/live-channel-redis.ts';
import type { RedisConnection } from '../../src/core/redis.ts';
import { connectRedis } from '../../src/infra/redis.ts';

/** Live channels like those of several processes: each has its own connections. */
export class RedisChannels {
  readonly #connections: RedisConnection[] = [];

  open(url: string, onError: (error: unknown) => void = () => {}): RedisLiveChannel {
    const [publisher, subscriber] = [connectRedis(url, onError), connectRedis(url, onError)];
    this.#connections.push(publisher, subscriber);
    return new RedisLiveChannel({ publisher, subscriber });
  }

  /** Closes the connections of all open channels. */
  async close(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map((connection) => connection.close()));
  }
}
