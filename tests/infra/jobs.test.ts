import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOBS } from '../../src/build/work.ts';
import { createDatabase, type Database } from '../../src/infra/database.ts';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { createJobs, type Jobs } from '../../src/infra/jobs.ts';
import { applyMigrations } from '../../src/infra/migrations.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const logger = pino({ level: 'silent' });

describe('send', () => {
  const { url } = testDatabase();
  let api: Process;
  let worker: Process;
  const delivered: { executionId: string; at: number }[] = [];

  beforeAll(async () => {
    [api, worker] = await Promise.all([startProcess(url), startProcess(url)]);
    await worker.jobs.work('run', (executionId) => delivered.push({ executionId, at: performance.now() }));
    await sendRun(api, 'warm-up');
    await eventually(() => delivered.length === 1);
  });
  afterAll(() => Promise.all([closeProcess(api), closeProcess(worker)]));

  it('delivers a job to another process by notification, not by the poll two seconds later', async () => {
    const delaysMs: number[] = [];
    for (let i = 0; i < 20; i++) {
      await sendRun(api, `quick-${i}`);
      const committedAt = performance.now();
      const job = await eventually(
        () => delivered.find(({ executionId }) => executionId === `quick-${i}`) ?? false,
      );
      delaysMs.push(job.at - committedAt);
    }
    expect(Math.min(...delaysMs)).toBeLessThan(1_000); // the fastest: a poll cannot come sooner after another job
  });

  it('delivers every job of committed transactions and none of failed ones', async () => {
    const failing = api.database.transact(async (tx) => {
      await tx.send('run', 'failed');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const ids = Array.from({ length: 40 }, (_, i) => `burst-${i}`);
    await Promise.all(ids.map((id) => sendRun(api, id)));
    await eventually(() =>
      expect(delivered.map((job) => job.executionId)).toEqual(expect.arrayContaining(ids)),
    );
    expect(delivered.map((job) => job.executionId)).not.toContain('failed');
  });
});

describe('a database that restarts', () => {
  it('delivers jobs again without a restart of the process', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-jobs-'));
    const first = await startEmbeddedPostgres({ folder });
    await applyMigrations(first.url);
    const process = await startProcess(first.url);
    const delivered: string[] = [];
    await process.jobs.work('run', (executionId) => delivered.push(executionId));
    await first.stop();
    const second = await startEmbeddedPostgres({ folder });
    await eventually(() => sendRun(process, 'after'));
    await eventually(() => expect(delivered).toContain('after'), { timeoutMs: 30_000 });
    await closeProcess(process);
    await second.stop();
    await fs.rm(folder, { recursive: true });
  }, 60_000);
});

interface Process {
  database: Database;
  jobs: Jobs;
}

async function startProcess(url: string): Promise<Process> {
  const jobs = createJobs({ url, names: JOBS, logger });
  await jobs.start();
  return { jobs, database: createDatabase({ url, jobs, live: { publish: () => {} }, logger }) };
}

async function closeProcess({ jobs, database }: Process): Promise<void> {
  await jobs.close();
  await database.close();
}

const sendRun = ({ database }: Process, executionId: string) =>
  database.transact((tx) => tx.send('run', executionId));
