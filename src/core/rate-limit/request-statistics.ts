import { repeat } from '../async/repeat.ts';
import type { RedisBypass } from '../throttle/redis-bypass.ts';
import { type CountedRequest, LocalStatistics, type Statistics } from './request-statistics-local.ts';
import { RedisStatistics } from './request-statistics-redis.ts';

/**
 * Counts the requests of groups of users for the current UTC day. What this process counts is added to Redis every
 * second, so that no request waits for it and all processes give the same numbers. While Redis is away, each process
 * has its own, and what it counts is missing in Redis.
 */
export class RequestStatistics {
  readonly #local = new LocalStatistics();
  /** What was counted since it was last sent to Redis. */
  #unsent = new LocalStatistics();
  readonly #redis: RedisBypass | null;
  readonly #shared: RedisStatistics | null;
  readonly #sending: { close: () => Promise<void> } | null;

  constructor({ redis }: { redis: RedisBypass | null }) {
    this.#redis = redis;
    this.#shared = redis && new RedisStatistics(redis.client);
    // The bypass reports the errors of Redis.
    this.#sending =
      redis &&
      repeat(
        SEND_EVERY_MS,
        () => this.#send(),
        () => {},
      );
  }

  add(request: CountedRequest): void {
    const now = Date.now();
    this.#local.add(request, now);
    if (this.#shared) this.#unsent.add(request, now);
  }

  async read(group: string): Promise<Statistics> {
    const locally = async () => this.#local.read(group, Date.now());
    const [redis, shared] = [this.#redis, this.#shared];
    if (!redis || !shared) return locally();
    await this.#send();
    return redis.run(() => shared.read(group, Date.now()), locally);
  }

  async close(): Promise<void> {
    await this.#sending?.close();
    await this.#send();
  }

  async #send(): Promise<void> {
    const [redis, shared, counted] = [this.#redis, this.#shared, this.#unsent];
    if (!redis || !shared || counted.isEmpty) return;
    this.#unsent = new LocalStatistics();
    await redis.run(
      () => shared.add(counted, Date.now()),
      async () => {},
    );
  }
}

const SEND_EVERY_MS = 1_000;
