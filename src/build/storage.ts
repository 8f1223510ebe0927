import path from 'node:path';
import type { StorageConfig } from '../config/storage.ts';
import { BatchWriter } from '../core/event-log/batch-writer.ts';
import { PostgresEventLog } from '../core/event-log/event-log-postgres.ts';
import { LogFollower } from '../core/event-log/follow.ts';
import { MemoryLiveChannel } from '../core/event-log/live-channel-memory.ts';
import { RedisLiveChannel } from '../core/event-log/live-channel-redis.ts';
import type { RedisConnection } from '../core/redis.ts';
import { SpendingGate } from '../core/spending/spending-gate.ts';
import { lockDataDir } from '../infra/data-dir.ts';
import { createDatabase } from '../infra/database.ts';
import { startEmbeddedPostgres } from '../infra/embedded-postgres.ts';
import { createJobs, type Jobs } from '../infra/jobs.ts';
import type { Logger } from '../infra/logger.ts';
import { applyMigrations } from '../infra/migrations.ts';
import { connectRedis } from '../infra/redis.ts';
import type { Services } from '../kernel/context.ts';
import { JOBS } from './work.ts';

/** Builds the database with its jobs, the event logs with their live channel, and the spending gate. */
export async function buildStorage(
  config: StorageConfig,
  { logger }: { logger: Logger },
  closers: AsyncDisposableStack,
): Promise<Storage> {
  const warn = (message: string) => (error: unknown) => logger.warn({ err: error }, message);
  const url = config.databaseUrl ?? (await startEmbeddedDatabase(config, closers));
  await applyMigrations(url);

  const redis = connectLiveRedis(
    config,
    warn('redis connection lost; live events are delayed until it reconnects'),
    closers,
  );
  const live = redis ? new RedisLiveChannel(redis) : new MemoryLiveChannel();
  const jobs = createJobs({ url, names: JOBS, logger });
  const database = createDatabase({ url, live, jobs, logger });
  closers.defer(() => database.close());
  await jobs.start();
  closers.defer(() => jobs.close());

  const eventLog = new PostgresEventLog(database.sql);
  const followers = new LogFollower({ log: eventLog, live, onError: warn('event log read failed') });
  closers.defer(() => followers.close());
  const writer = new BatchWriter({ log: eventLog, live });
  closers.defer(() => writer.close());
  const spending = new SpendingGate({
    sql: database.sql,
    transact: (work) => database.transact((tx) => work(tx.sql)),
    onError: warn('spending reservation renewal failed'),
  });
  closers.defer(() => spending.close());
  return { database, jobs, eventLog, followers, writer, spending, redis: redis?.publisher ?? null };
}

/** Starts a Postgres in the data folder and locks the folder against other processes. Both are released last. */
async function startEmbeddedDatabase(
  { dataDir }: StorageConfig,
  closers: AsyncDisposableStack,
): Promise<string> {
  const lock = lockDataDir(dataDir);
  closers.defer(() => lock.release());
  const postgres = await startEmbeddedPostgres({ folder: path.resolve(dataDir, 'postgres') });
  closers.defer(() => postgres.stop());
  return postgres.url;
}

/** Null without Redis, which only multiple processes need. */
function connectLiveRedis(
  { redisUrl }: StorageConfig,
  onError: (error: unknown) => void,
  closers: AsyncDisposableStack,
) {
  if (redisUrl === null) return null;
  const publisher = connectRedis(redisUrl, onError);
  const subscriber = connectRedis(redisUrl, onError);
  closers.defer(async () => void (await Promise.all([publisher.close(), subscriber.close()])));
  return { publisher, subscriber };
}

export interface Storage
  extends Pick<Services, 'database' | 'eventLog' | 'followers' | 'writer' | 'spending'> {
  jobs: Jobs;
  /** Null without Redis. */
  redis: RedisConnection | null;
}
