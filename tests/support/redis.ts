import { inject } from 'vitest';

/**
 * The Redis of the test run, shared by all files: use separate keys and channels, and `startRedis` from redis-server.ts
 * for a server to kill, stop or freeze. Null without Redis: skip the tests visibly (`describe.skipIf(redis === null)`).
 */
export function testRedis(): { url: string } | null {
  const url = inject('redisUrl');
  return url === null ? null : { url };
}
