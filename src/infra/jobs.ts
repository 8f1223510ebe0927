/**
 * Jobs: sent in the transaction of the change that they announce, and delivered within milliseconds after its commit.
 *
 * A job is only a notification: it names a subject that may have work, and its handler notifies a worker instead of
 * doing the work. A job is complete when it is delivered. If it is lost with its process, the work waits for the next
 * sweep.
 */
import { PgBoss } from 'pg-boss';
import type { Sql } from '../core/sql.ts';
import type { Logger } from './logger.ts';

export type JobName = 'run' | 'reply';

export interface Jobs {
  start(): Promise<void>;
  /** Adds a job in the transaction of `sql`. */
  send(sql: Sql, name: JobName, subject: string): Promise<void>;
  /** Calls `handle` with the subject of every job of this name that is delivered to this process. */
  work(name: JobName, handle: (subject: string) => void): Promise<void>;
  /** Rejects while jobs cannot be sent or received. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

export function createJobs({ url, names, logger }: JobsOptions): Jobs {
  const boss = new PgBoss({
    connectionString: url,
    max: 2,
    schedule: false,
    useListenNotify: true,
    // Detects a silently dropped connection within this time; a reconnect fetches missed jobs.
    notifyHeartbeatIntervalMs: 5_000,
  });
  boss.on('error', ({ message }) =>
    logger.warn({ reason: message }, 'job queue connection lost; reconnecting'),
  );
  boss.on('warning', (warning) => logger.warn({ warning }, 'job queue warning'));
  return {
    async start() {
      await boss.start();
      for (const name of names) await boss.createQueue(name, QUEUE);
    },
    async send(sql, name, subject) {
      const db = {
        executeSql: async (text: string, values?: unknown[]) => ({ rows: await sql(text, values) }),
      };
      await boss.send(name, { subject }, { db });
    },
    async work(name, handle) {
      await boss.work<{ subject: string }>(name, WORKER, async (jobs) => {
        for (const job of jobs) handle(job.data.subject);
      });
    },
    ping: () => boss.getQueues([...names]),
    close: () => boss.stop({ graceful: false }), // the sweeps of other processes find work whose job is lost here
  };
}

/** A job is delivered at most once and deleted after an hour. */
const QUEUE = { notify: true, retryLimit: 0, deleteAfterSeconds: 3_600 };

/** By default, a notified worker that takes one job sleeps up to 30 s before the next. These options avoid the delay. */
const WORKER = { batchSize: 50, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 2 };

export interface JobsOptions {
  url: string;
  /** The names of all jobs. */
  names: readonly JobName[];
  logger: Logger;
}
