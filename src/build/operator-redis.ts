import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { ConfigError } from '../errors.ts';
import { connectRedis } from '../infra/redis.ts';

/** Runs an operator's command on the Redis of the servers. Errors: ConfigError without one, or when it does not answer. */
export async function withOperatorRedis<T>(
  redisUrl: string | null,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  if (redisUrl === null)
    throw new ConfigError([
      'REDIS_URL must be set: without Redis, a process counts in its memory. Restart it to clear that',
    ]);
  const connection = connectRedis(redisUrl, () => {});
  try {
    await once(connection.redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => {
      throw new ConfigError(['REDIS_URL: this Redis cannot be reached']);
    });
    return await work(connection.redis);
  } finally {
    await connection.close();
  }
}

const CONNECT_MS = 5_000;
