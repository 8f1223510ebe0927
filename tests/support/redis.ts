import { inject } from 'vitest';

/**
 * The run's Redis, shared by all files: use keys and channels of your own, and `startRedis` from redis-server.ts for
 * a server to kill, stop or freeze. Null when there is none: skip, visibly (`describe.skipIf(redis === null)`).
 */
export function testRedis(): { url: string } | null {
  const url = inject('redisUrl');
  return url === null ? null : { url };
}
