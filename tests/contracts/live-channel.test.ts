import { afterEach, describe } from 'vitest';
import { MemoryLiveChannel } from '../../src/core/event-log/live-channel-memory.ts';
import { testRedis } from '../support/redis.ts';
import { RedisChannels } from '../support/redis-channels.ts';
import { describeLiveChannel } from './live-channel.ts';

describeLiveChannel('MemoryLiveChannel', () => {
  const channel = new MemoryLiveChannel();
  return { near: channel, far: channel };
});

const redis = testRedis();
describe.skipIf(redis === null)('with Redis', () => {
  const channels = new RedisChannels();
  afterEach(() => channels.close());
  const open = () => channels.open(redis!.url);
  describeLiveChannel('RedisLiveChannel', () => ({ near: open(), far: open() }));
});
