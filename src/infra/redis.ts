import { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

export interface RedisClients {
  /** For commands and publishing: fails within a second or so when Redis is away or hangs, and never queues. */
  commands: Redis;
  /** For subscriptions only: reconnects for ever and takes its subscriptions up again. */
  subscriber: Redis;
  /** Resolves at once, whether Redis answers or not. */
  close(): void;
}

/** Connects in the background: Redis may be away now or later, and nothing waits for it or ends with it. */
export function createRedis({ url, logger }: { url: string; logger: Logger }): RedisClients {
  const commands = new Redis(url, {
    commandTimeout: 1_000,
    maxRetriesPerRequest: 2,
    enableOfflineQueue: false,
    retryStrategy,
  });
  const subscriber = new Redis(url, { maxRetriesPerRequest: null, retryStrategy });
  for (const client of [commands, subscriber]) listen(client, logger);
  return {
    commands,
    subscriber,
    close: () => {
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

/** Logs when it goes and when it comes back, not every attempt between. An error that nobody listens to would end the process. */
function listen(client: Redis, logger: Logger): void {
  let away = false;
  client.on('error', (error) => {
    if (!away)
      logger.warn({ err: error }, 'Redis is away; events reach other processes late until it is back');
    away = true;
  });
  client.on('ready', () => {
    if (away) logger.info('Redis is back');
    away = false;
  });
}

/** In ms. */
const retryStrategy = (attempt: number) => Math.min(attempt * 50, 1_000);
