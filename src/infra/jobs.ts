/**
 * Jobs, written in the transaction of what they are about and delivered within milliseconds of its commit.
 *
 * A job is a notify: it names a subject that may have work, and handling it means to look, never to do the work. So
 * a job is done once it is delivered. One that is lost with its process costs the time until the next sweep.
 */
import { PgBoss } from 'pg-boss';
import type { Sql } from '../core/sql.ts';
import type { Logger } from './logger.ts';

export type JobName = 'run' | 'reply';

export interface Jobs {
  start(): Promise<void>;
  /** Adds a job in the transaction of `sql`. */
  send(sql: Sql, name: JobName, subject: string): Promise<void>;
  /** Calls `handle` with the subject of every job of the name that this process gets. */
  work(name: JobName, handle: (subject: string) => void): Promise<void>;
  /** Rejects while jobs cannot be sent or taken. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

export function createJobs({ url, names, logger }: JobsOptions): Jobs {
  const boss = new PgBoss({
    connectionString: url,
    max: 2,
    schedule: false,
    useListenNotify: true,
    // Silent drops of the listening connection are found this soon; a reconnect fetches what was missed.
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
    close: () => boss.stop({ graceful: false }), // nothing is under way that another process would not find
  };
}

/** Delivered at most once, and gone an hour after. */
const QUEUE = { notify: true, retryLimit: 0, deleteAfterSeconds: 3_600 };

/** With notifications on, a worker that takes one job sleeps up to 30 s before the next; with these it never lags. */
const WORKER = { batchSize: 50, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 2 };

export interface JobsOptions {
  url: string;
  /** All jobs there are. */
  names: readonly JobName[];
  logger: Logger;
}
