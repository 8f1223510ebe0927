import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RedisLiveChannel } from '../../src/core/event-log/live-channel-redis.ts';
import { eventually } from '../support/eventually.ts';
import { RedisChannels } from '../support/redis-channels.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { event, Heard, newLog } from './live-channel.ts';

/** An unhandled rejection in any of these tests fails the test run. */
describe.skipIf(findRedis() === null)('RedisLiveChannel', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.stop());

  const errors: unknown[] = [];
  const channels = new RedisChannels();
  const open = () => channels.open(server.url, (error) => errors.push(error));
  afterEach(async () => {
    await channels.close();
    errors.length = 0;
  });

  /** Publishes until a copy arrives, because copies may be lost while Redis reconnects. */
  async function expectLive(near: RedisLiveChannel, heard: Heard, logId: string, seq: number): Promise<void> {
    await eventually(
      () => {
        near.publish([event(logId, seq)]);
        return heard.heads.includes(seq);
      },
      { timeoutMs: 10_000 },
    );
  }

  it('resubscribes automatically after Redis was killed, and reports the outage once', async () => {
    const [near, far] = [open(), open()];
    const logId = newLog();
    const heard = new Heard();
    await far.subscribe(logId, heard.listener);
    await expectLive(near, heard, logId, 1);
    expect(errors).toEqual([]);
    await server.kill();
    await eventually(() => {
      near.publish([event(logId, 2)]);
      return errors.length > 0;
    });
    await server.restart();
    await expectLive(near, heard, logId, 3);
    expect(errors.length).toBeLessThanOrEqual(4); // one for each connection of the two channels
  });

  it('subscribes and unsubscribes while Redis is unavailable', async () => {
    await server.kill();
    const [near, far] = [open(), open()];
    const [kept, left] = [newLog(), newLog()];
    const [heardKept, heardLeft] = [new Heard(), new Heard()];
    await far.subscribe(kept, heardKept.listener);
    const leave = await far.subscribe(left, heardLeft.listener);
    leave();
    await server.restart();
    await expectLive(near, heardKept, kept, 1);
    expect(await subscribedChannels(server)).toEqual([`log:${kept}`]);
  });

  it('does not wait for a hanging Redis, and continues when it answers again', async () => {
    const [near, far] = [open(), open()];
    const logs = [newLog(), newLog(), newLog()] as const;
    const heard = logs.map(() => new Heard());
    const leaveFirst = await far.subscribe(logs[0], heard[0]!.listener);
    await far.subscribe(logs[1], heard[1]!.listener);
    await expectLive(near, heard[1]!, logs[1], 1);
    server.freeze();
    const since = performance.now();
    leaveFirst();
    for (let i = 0; i < 1_000; i++) near.publish([event(logs[1], 2)]);
    await far.subscribe(logs[2], heard[2]!.listener);
    expect(performance.now() - since).toBeLessThan(5_000);
    await eventually(() => errors.length > 0);
    server.thaw();
    await expectLive(near, heard[1]!, logs[1], 3);
    await expectLive(near, heard[2]!, logs[2], 1);
    await eventually(async () =>
      expect(await subscribedChannels(server)).toEqual([`log:${logs[1]}`, `log:${logs[2]}`].toSorted()),
    );
  });

  it('closes immediately while Redis hangs', async () => {
    const channel = open();
    await channel.subscribe(newLog(), () => {});
    server.freeze();
    const since = performance.now();
    void channel.subscribe(newLog(), () => {});
    channel.publish([event(newLog(), 1)]);
    await channels.close();
    expect(performance.now() - since).toBeLessThan(5_000);
    server.thaw();
  });

  it('publishes a batch that is too large without its events', async () => {
    const [near, far] = [open(), open()];
    const logId = newLog();
    const heard = new Heard();
    await far.subscribe(logId, heard.listener);
    await expectLive(near, heard, logId, 1);
    await eventually(() => {
      near.publish([event(logId, 8, 'small'), event(logId, 9, 'x'.repeat(256 * 1024))]);
      return heard.heads.includes(9);
    });
    expect(heard.events.filter(({ seq }) => seq > 1)).toEqual([]);
  });

  it('ignores messages of others', async () => {
    const [near, far] = [open(), open()];
    const logId = newLog();
    const heard = new Heard();
    await far.subscribe(logId, heard.listener);
    await withClient(server, async (client) => {
      for (const message of ['', 'nonsense', 'null', '{"head":"1"}', '{"head":1,"events":[{}]}', '[]']) {
        await client.publish(`log:${logId}`, message);
      }
    });
    await expectLive(near, heard, logId, 2);
    expect(heard.heads.every((head) => head === 2)).toBe(true);
  });

  it('releases everything of 10,000 subscriptions', async () => {
    const far = open();
    const subscribing = Array.from({ length: 10_000 }, () => far.subscribe(newLog(), () => {}));
    const leaving = await Promise.all(subscribing);
    for (const leave of leaving) leave();
    await eventually(async () => expect(await subscribedChannels(server)).toEqual([]));
  });
});

function subscribedChannels(server: RedisServer): Promise<string[]> {
  return withClient(server, async (client) => ((await client.pubsub('CHANNELS')) as string[]).toSorted());
}

async function withClient<T>(server: RedisServer, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}
