/**
 * Jobs, written in the transaction of what they are about and delivered within milliseconds of its commit.
 *
 * A job is a notify: it names a subject that may have work, and handling it means to look, never to do the work. So
 * a job is done once it is delivered. One that is lost with its process costs the time until the next sweep.
 */
import { PgBoss } from 'pg-boss';
import type { Sql } from '../core/sql.ts';
import type { Logger } from './logger.ts';

export interface JobPayloads {
  run: { executionId: string };
  reply: { conversationId: string };
}

export type JobName = keyof JobPayloads;

export interface Jobs {
  start(): Promise<void>;
  /** Adds a job in the transaction of `sql`. */
  send<Name extends JobName>(sql: Sql, name: Name, data: JobPayloads[Name]): Promise<void>;
  /** Calls `handle` for every job of the name that this process gets. */
  work<Name extends JobName>(name: Name, handle: (data: JobPayloads[Name]) => void): Promise<void>;
  /** Rejects while jobs cannot be sent or taken. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

export function createJobs({ url, logger }: { url: string; logger: Logger }): Jobs {
  const boss = new PgBoss({
    connectionString: url,
    max: 2,
    schedule: false,
    useListenNotify: true,
    // Silent drops of the listening connection are found this soon; a reconnect fetches what was missed.
    notifyHeartbeatIntervalMs: 5_000,
  });
  boss.on('error', ({ message }) =>
    logger.warn({ reason: message }, 'the job queue cannot reach the database; it tries again'),
  );
  boss.on('warning', (warning) => logger.warn({ warning }, 'the job queue warns'));
  return {
    async start() {
      await boss.start();
      for (const name of JOB_NAMES) await boss.createQueue(name, QUEUE);
    },
    async send(sql, name, data) {
      const db = {
        executeSql: async (text: string, values?: unknown[]) => ({ rows: await sql(text, values) }),
      };
      await boss.send(name, data, { db });
    },
    async work(name, handle) {
      await boss.work<JobPayloads[typeof name]>(name, WORKER, async (jobs) => {
        for (const job of jobs) handle(job.data);
      });
    },
    ping: () => boss.getQueues([...JOB_NAMES]),
    close: () => boss.stop({ graceful: false }), // nothing is under way that another process would not find
  };
}

const JOB_NAMES: readonly JobName[] = ['run', 'reply'];

/** Delivered at most once, and gone an hour after. */
const QUEUE = { notify: true, retryLimit: 0, deleteAfterSeconds: 3_600 };

/** With notifications on, a worker that takes one job sleeps up to 30 s before the next; with these it never lags. */
const WORKER = { batchSize: 50, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 2 };
