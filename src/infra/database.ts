/**
 * The database port of the domain: reads through Prisma, and write transactions that also append events.
 *
 * A transaction runs on one connection, which Prisma and raw statements share. It collects its events and appends them
 * at the end, so that the row of a log, for which every other writer of the log waits, is locked only for the duration
 * of the commit. Copies are published to the live channel after the commit.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresEventLog } from '../core/event-log/event-log-postgres.ts';
import type { EventLogReader, LogAppend, StoredEvent } from '../core/event-log/event-log.ts';
import type { LiveChannel } from '../core/event-log/live-channel.ts';
import type { Log } from '../core/event-log/log.ts';
import type { Sql } from '../core/sql.ts';
import { storableValue } from '../core/text/storable-text.ts';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { isConflict, toDomainError } from './database-errors.ts';
import type { JobName, Jobs } from './jobs.ts';
import type { Logger } from './logger.ts';
import { sqlOf, TransactionPool } from './transaction-pool.ts';

export interface Database {
  prisma: PrismaClient;
  /** Runs one statement outside of a transaction. bigint columns are read as bigint, date columns as text. */
  sql: Sql;
  /**
   * Runs `work` in one transaction, including its events and jobs. Runs `work` again after a conflict, so it must have
   * no effects outside of the database.
   * Errors: those of `work`; FencedError; SERVICE_UNAVAILABLE when the database is unavailable; UnstorableError when
   * it can never store a value.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs reads on one consistent snapshot. */
  snapshot<T>(work: (tx: ReadTx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ReadTx {
  prisma: Prisma.TransactionClient;
  sql: Sql;
  /** The log as seen by the transaction, without the events that it appends itself. */
  eventLog: EventLogReader;
}

export interface Tx extends ReadTx {
  /** Appends an event when `work` completes. A write under a claim passes its fence. */
  append<Event>(log: Log<Event>, event: NoInfer<Event>, fence?: number): void;
  /** Rolls the transaction back unless the fence of the log is current when `work` completes. */
  guard(logId: string, fence: number): void;
  /** Deletes the events of a log and rejects further writes under existing claims. Keeps events of this transaction. */
  erase(logId: string): Promise<void>;
  /** Sends a job about `subject`, which is delivered after the commit. */
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
      .catch((error: unknown) => Promise.reject(error === failure ? error : toDomainError(error)));
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

/** Every text and every JSON value that Prisma writes is made storable here; raw statements: `sqlOf`. */
function createPrisma(pool: pg.Pool): PrismaClient {
  const client = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  return client.$extends({
    query: {
      $allOperations: ({ args, query }) =>
        query(storableValue(args)).catch((error: unknown) =>
          Promise.reject(toDomainError(error)),
        ) as Promise<unknown>,
    },
  }) as unknown as PrismaClient;
}

/** Appends with and without a fence to the same log are combined; the fence applies to both. */
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
/** A process that stalls within a transaction blocks others for no longer than the lease of a claim. */
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
