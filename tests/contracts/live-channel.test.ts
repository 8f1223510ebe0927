import { describe } from 'vitest';
import { MemoryLiveChannel } from '../../src/core/event-log/live-channel-memory.ts';
import { RedisLiveChannel } from '../../src/core/event-log/live-channel-redis.ts';
import { testRedis } from '../support/redis.ts';
import { describeLiveChannel } from './live-channel.ts';

describeLiveChannel('MemoryLiveChannel', () => {
  const channel = new MemoryLiveChannel();
  return { near: channel, far: channel };
});

const redis = testRedis();
describe.skipIf(redis === null)('with Redis', () => {
  const open = () => new RedisLiveChannel({ url: redis!.url, onError: () => {} });
  describeLiveChannel('RedisLiveChannel', () => ({ near: open(), far: open() }));
});
