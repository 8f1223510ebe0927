import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Config } from './config/config.ts';
import { ClaimKeeper } from './core/claims/claim-keeper.ts';
import { BatchWriter } from './core/event-log/batch-writer.ts';
import { PostgresEventLog } from './core/event-log/event-log-postgres.ts';
import { LogFollower } from './core/event-log/follow.ts';
import { MemoryLiveChannel } from './core/event-log/live-channel-memory.ts';
import { RedisLiveChannel } from './core/event-log/live-channel-redis.ts';
import type { LiveChannel } from './core/event-log/live-channel.ts';
import { SafeFetch } from './core/safe-fetch/safe-fetch.ts';
import { SpendingGate } from './core/spending/spending-gate.ts';
import { AppError, ConfigError } from './errors.ts';
import type { Probe } from './transport/http/health.ts';
import { startServer } from './transport/server.ts';
import { createDatabase } from './infra/database.ts';
import { loadOrCreateSecretKey, lockDataDir } from './infra/data-dir.ts';
import { startEmbeddedPostgres } from './infra/embedded-postgres.ts';
import { createJobs } from './infra/jobs.ts';
import { createLogger, type Logger } from './infra/logger.ts';
import { applyMigrations } from './infra/migrations.ts';
import { createDiscussionFallback, createRouter } from './build/llm.ts';
import { ensureOperator } from './modules/auth/accounts/operator.ts';
import { PasswordHasher } from './modules/auth/accounts/passwords.ts';
import { createAuthenticators } from './modules/auth/authenticators.ts';
import { Tokens } from './modules/auth/sessions/tokens.ts';
import type { Services } from './kernel/context.ts';
import { replyWorker } from './modules/discussion/worker/jobs.ts';
import { runWorker } from './modules/pipelines/jobs.ts';

/**
 * Builds every part and joins them; the only place where that happens. What was opened is closed in the reverse
 * order, also when a later part fails to start: readers first, then workers, the database last.
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const closers = new AsyncDisposableStack();
  try {
    return await compose(config, overrides, closers);
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

async function compose(config: Config, overrides: Overrides, closers: AsyncDisposableStack): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const clock = overrides.clock ?? (() => new Date());
  const warn = (what: string) => (error: unknown) => logger.warn({ err: error }, what);
  const databaseUrl = config.databaseUrl ?? (await startEmbeddedDatabase(config, closers));
  await applyMigrations(databaseUrl);

  const { live, redis } = liveChannel(config, warn('Redis is away; events of other processes come late'));
  closers.defer(() => live.close());
  const jobs = createJobs({ url: databaseUrl, logger });
  const database = createDatabase({ url: databaseUrl, live, jobs, logger });
  closers.defer(() => database.close());
  await jobs.start();
  closers.defer(() => jobs.close());

  const eventLog = new PostgresEventLog(database.sql);
  const followers = new LogFollower({ log: eventLog, live, onError: warn('a log could not be read') });
  closers.defer(() => followers.close());
  const writer = new BatchWriter({ log: eventLog, live });
  closers.defer(() => writer.close());
  const spending = new SpendingGate({
    sql: database.sql,
    transact: (work) => database.transact((tx) => work(tx.sql)),
    onError: warn('reservations could not be renewed'),
  });
  closers.defer(() => spending.close());

  const tokens = new Tokens({
    secretKey: config.secretKey ?? loadOrCreateSecretKey(config.dataDir),
    accessTokenMinutes: config.accessTokenMinutes,
    clock,
  });
  const router = overrides.router ?? createRouter(config);
  const services: Services = {
    database,
    eventLog,
    followers,
    writer,
    spending,
    discussionFallback: createDiscussionFallback(),
    catalog: router.catalog,
    router,
    sources: { fetch: new SafeFetch(), collectorUrl: config.dataCollectorUrl },
    tokens,
    passwords: new PasswordHasher(),
    authenticators: createAuthenticators({ database, tokens }),
    settings: { refreshTokenDays: config.refreshTokenDays },
    logger,
    clock,
  };
  if (config.admin) await ensureOperator(services, config.admin).catch(explainAdmin);
  if (config.role !== 'api') await startWorkers();
  const server =
    config.role === 'worker' ? null : startServer(services, config, { queue: () => jobs.ping(), redis });
  if (server) closers.defer(() => server.close());

  return {
    services,
    listen: async () => (server ? server.listen(config) : null),
    close: () => closers.disposeAsync(),
  };

  async function startWorkers(): Promise<void> {
    const claims = new ClaimKeeper({
      sql: database.sql,
      holder: randomUUID(),
      onError: warn('claims could not be renewed'),
    });
    const runs = runWorker(services, claims);
    const replies = replyWorker(services, claims);
    closers.defer(async () => {
      await Promise.all([runs.close(), replies.close()]);
    });
    await jobs.work('run', ({ executionId }) => runs.notify(executionId));
    await jobs.work('reply', ({ conversationId }) => replies.notify(conversationId));
    runs.start();
    replies.start();
  }
}

/** A Postgres in the data folder, which no other process may use meanwhile. Stopped last. */
async function startEmbeddedDatabase(config: Config, closers: AsyncDisposableStack): Promise<string> {
  const lock = lockDataDir(config.dataDir);
  closers.defer(() => lock.release());
  const postgres = await startEmbeddedPostgres({ folder: path.resolve(config.dataDir, 'postgres') });
  closers.defer(() => postgres.stop());
  return postgres.url;
}

/** Redis between processes; without it there is only this one. */
function liveChannel(
  { redisUrl }: Config,
  onError: (error: unknown) => void,
): { live: LiveChannel; redis?: Probe } {
  if (redisUrl === null) return { live: new MemoryLiveChannel() };
  const live = new RedisLiveChannel({ url: redisUrl, onError });
  return { live, redis: () => live.ping() };
}

/** What is wrong with the account is the operator's to mend. */
function explainAdmin(error: unknown): never {
  if (error instanceof AppError) throw new ConfigError([`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`]);
  throw error;
}

export interface App {
  services: Services;
  /** Null for a worker, which serves nothing. */
  listen(): Promise<Pick<AddressInfo, 'address' | 'port'> | null>;
  /** Hands runs over, ends connections, stops what was started. */
  close(): Promise<void>;
}

export interface Overrides {
  logger?: Logger;
  clock?: () => Date;
  router?: Services['router'];
}
