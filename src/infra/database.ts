/**
 * The database as the domain sees it: reads through Prisma, and writes in transactions that end with their events.
 *
 * A transaction runs on one connection, which Prisma and the raw statements share. Its events are only collected
 * while it works and appended last, so that a log's row, on which every other writer of the log waits, is held for
 * no longer than the commit takes. Copies go to the live channel after the commit.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresEventLog } from '../core/event-log/event-log-postgres.ts';
import type { EventLogReader, LogAppend, StoredEvent } from '../core/event-log/event-log.ts';
import type { LiveChannel } from '../core/event-log/live-channel.ts';
import type { Log } from '../core/event-log/log.ts';
import type { Sql } from '../core/sql.ts';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { isConflict, toAppError } from './database-errors.ts';
import type { JobName, Jobs } from './jobs.ts';
import type { Logger } from './logger.ts';
import { sqlOf, TransactionPool } from './transaction-pool.ts';

export interface Database {
  prisma: PrismaClient;
  /** One statement outside of any transaction. bigint columns read as bigint, dates of day as text. */
  sql: Sql;
  /**
   * Runs `work` in one transaction: all of it stands, with its events and jobs, or none. `work` may run more than
   * once, when the database finds a conflict, so it changes nothing but the database.
   * Errors: those of `work`; FencedError; SERVICE_UNAVAILABLE while the database is away.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Reads everything as of one moment. */
  snapshot<T>(work: (tx: ReadTx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ReadTx {
  prisma: Prisma.TransactionClient;
  sql: Sql;
  /** As the transaction sees it: without what it appends itself. */
  eventLog: EventLogReader;
}

export interface Tx extends ReadTx {
  /** Appends to a log when `work` is done; under a claim, with its fence. */
  append<Event>(log: Log<Event>, event: NoInfer<Event>, fence?: number): void;
  /** Lets the transaction stand only while the claim on the log holds, whether or not it appends to it. */
  guard(logId: string, fence: number): void;
  /** Drops a log's events, and fences off its claims. What is appended in the same transaction stays. */
  erase(logId: string): Promise<void>;
  /** Adds a job about `subject`, which starts once the transaction stands. */
  send(job: JobName, subject: string): Promise<void>;
}

export function createDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options);
  const prisma = createPrisma(pool);

  async function transaction<T>(work: (tx: Connection) => Promise<T>, isolationLevel?: 'RepeatableRead') {
    const limits = { maxWait: CONNECT_TIMEOUT_MS, timeout: TRANSACTION_TIMEOUT_MS, isolationLevel };
    let failure: unknown;
    const run = (tx: Prisma.TransactionClient, sql: Sql) =>
      work({ prisma: tx, sql, eventLog: new PostgresEventLog(sql) }).catch((error: unknown) =>
        Promise.reject((failure = error)),
      );
    return pool
      .withSharedClient((sql) => prisma.$transaction((tx) => run(tx, sql), limits))
      .catch((error: unknown) => Promise.reject(error === failure ? error : toAppError(error)));
  }

  async function writeOnce<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let stored: StoredEvent[] = [];
    const result = await transaction(async (connection) => {
      const appends = new Map<string, LogAppend>();
      const result = await work({
        ...connection,
        append: (log, event, fence) => collect(appends, log, [event], fence),
        guard: (logId, fence) => collect(appends, logId, [], fence),
        erase: (logId) => connection.eventLog.erase(logId),
        send: (job, subject) => options.jobs.send(connection.sql, job, subject),
      });
      if (appends.size > 0) stored = await connection.eventLog.append([...appends.values()]);
      return result;
    });
    if (stored.length > 0) options.live.publish(stored);
    return result;
  }

  return {
    prisma,
    sql: sqlOf(() => pool),
    async transact(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await writeOnce(work);
        } catch (error) {
          if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
          await sleep(Math.random() * 10 * 2 ** attempt);
        }
      }
    },
    snapshot: (work) =>
      transaction(async (tx) => {
        await tx.sql('SET TRANSACTION READ ONLY');
        return work(tx);
      }, 'RepeatableRead'),
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

function openPool({ url, maxConnections = 20, logger }: DatabaseOptions): TransactionPool {
  const pool = new TransactionPool({
    connectionString: url,
    max: maxConnections,
    types: { getTypeParser },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STALLED_TRANSACTION_MS,
    keepAlive: true,
  });
  pool.on('error', ({ message }) => {
    if (!pool.ending) logger.warn({ reason: message }, 'idle database connection lost');
  });
  return pool;
}

function createPrisma(pool: pg.Pool): PrismaClient {
  const client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  return client.$extends({
    query: {
      $allOperations: ({ args, query }) =>
        query(args).catch((error: unknown) => Promise.reject(toAppError(error))) as Promise<unknown>,
    },
  }) as unknown as PrismaClient;
}

/** A writer without a fence may append together with one that has it: the fence counts for both. */
function collect(appends: Map<string, LogAppend>, logId: string, events: unknown[], fence?: number): void {
  const earlier = appends.get(logId);
  appends.set(logId, {
    logId,
    events: [...(earlier?.events ?? []), ...events],
    fence: fence ?? earlier?.fence,
  });
}

const getTypeParser = ((type: number, format?: 'text') => {
  if (type === pg.types.builtins.INT8) return BigInt;
  if (type === pg.types.builtins.DATE) return String;
  return pg.types.getTypeParser(type, format);
}) as typeof pg.types.getTypeParser;

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 30_000;
const TRANSACTION_TIMEOUT_MS = 15_000;
/** A process frozen in the middle of a transaction holds up others for no longer than a claim's lease. */
const STALLED_TRANSACTION_MS = 5_000;
const MAX_ATTEMPTS = 5;

export interface DatabaseOptions {
  url: string;
  live: Pick<LiveChannel, 'publish'>;
  jobs: Pick<Jobs, 'send'>;
  logger: Logger;
  maxConnections?: number;
}

type Connection = ReadTx & { eventLog: PostgresEventLog };
