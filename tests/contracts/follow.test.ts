import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BatchWriter } from '../../src/core/event-log/batch-writer.ts';
import { claim } from '../../src/core/claims/claims.ts';
import { PostgresEventLog } from '../../src/core/event-log/event-log-postgres.ts';
import { LogFollower } from '../../src/core/event-log/follow.ts';
import { MemoryLiveChannel } from '../../src/core/event-log/live-channel-memory.ts';
import type { LiveChannel } from '../../src/core/event-log/live-channel.ts';
import { type Log, logKind } from '../../src/core/event-log/log.ts';
import { RedisChannels } from '../support/redis-channels.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { testSql } from '../support/test-sql.ts';

/** All parts together, as in the processes of a real deployment. */
const { sql, begin } = testSql();
const log = new PostgresEventLog(sql);

describe('events from Postgres', () => {
  it('reach every reader exactly once in one process, however often it reconnects', async () => {
    const live = new MemoryLiveChannel();
    await expectExact([live], [live], async () => {});
  });

  describe.skipIf(findRedis() === null)('with Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => void (redis = await startRedis()));
    afterAll(() => redis.stop());
    const channels = new RedisChannels();
    const channel = () => channels.open(redis.url);
    afterEach(() => channels.close());

    it('reach every reader exactly once from several processes', async () => {
      await expectExact([channel(), channel()], [channel(), channel()], async () => {});
    });

    it('reach every reader exactly once while Redis hangs, crashes and restarts empty', async () => {
      await expectExact([channel(), channel()], [channel(), channel()], async (progress) => {
        await progress(0.2);
        redis.freeze();
        await progress(0.4);
        redis.thaw();
        await progress(0.6);
        await redis.kill();
        await progress(0.8);
        await redis.restart();
      });
    });
  });
});

/**
 * One worker per log, distributed over the writing processes, and concurrent mutations that commit or roll back. On each
 * reading process, each log has a reader that stays and one that reconnects.
 */
async function expectExact(
  writing: LiveChannel[],
  reading: LiveChannel[],
  disturb: (progress: (share: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const writers = writing.map((live) => new BatchWriter({ log, live }));
  const processes = reading.map((live) => new LogFollower({ log, live, onError, headsIntervalMs: 200 }));
  const logs = Array.from({ length: LOGS }, () => logKind<unknown>('log')(randomUUID()));
  const readers = processes.flatMap((follower) =>
    logs.flatMap((logId) => [readAll(follower, logId, EVENTS), readAll(follower, logId, 7)]),
  );
  const progress = new Progress(LOGS * EVENTS);
  const disturbing = disturb((share) => progress.reaches(share));
  await Promise.all(
    logs.map((logId, i) => writeAll(writers[i % writers.length]!, writing[0]!, logId, progress)),
  );
  await disturbing;
  await Promise.all(readers);
  await Promise.all(writers.map((writer) => writer.close()));
  for (const follower of processes) follower.close();
  expect(errors).toEqual([]);
}

/** Half of the events are written under a worker's claim, half by mutations in separate transactions. */
async function writeAll(
  writer: BatchWriter,
  live: LiveChannel,
  logId: Log,
  progress: Progress,
): Promise<void> {
  const { fence } = (await claim(sql, logId, 'worker', 60_000))!;
  for (let i = 0; i < EVENTS; i += 2) {
    const piece = writer.append(logId, fence, `piece ${i}`);
    const tx = await begin();
    const stored = await new PostgresEventLog(tx.sql).append([{ logId, events: [`mutation ${i}`] }]);
    if (i % 6 === 0) await tx.rollback();
    else await tx.commit();
    live.publish(i % 6 === 0 ? await log.append([{ logId, events: [`again ${i}`] }]) : stored);
    await piece;
    progress.add(2);
  }
}

/** Reads the whole log by its cursor, and reconnects after every `stay` events. */
async function readAll(follower: LogFollower, logId: Log, stay: number): Promise<void> {
  const got: number[] = [];
  while (got.length < EVENTS) {
    const left = new AbortController();
    const until = Math.min(EVENTS, got.length + stay);
    for await (const event of follower.follow(logId, got.length, left.signal)) {
      got.push(event.seq);
      if (got.length === until) left.abort();
    }
  }
  expect(got).toEqual(Array.from({ length: EVENTS }, (_, i) => i + 1));
}

class Progress {
  readonly #total: number;
  #done = 0;
  #marks: { at: number; reached: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  add(count: number): void {
    this.#done += count;
    for (const mark of this.#marks) if (mark.at <= this.#done) mark.reached();
    this.#marks = this.#marks.filter(({ at }) => at > this.#done);
  }

  reaches(share: number): Promise<void> {
    return new Promise((reached) => this.#marks.push({ at: share * this.#total, reached }));
  }
}

const LOGS = 6;
const EVENTS = 200;
