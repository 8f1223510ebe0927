import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';

let folder: string;
const started: EmbeddedPostgres[] = [];

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-postgres-')); // 0700: as root, a folder that only root may enter
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  await fs.rm(folder, { recursive: true });
});

describe('startEmbeddedPostgres', () => {
  it('makes a database, keeps its rows over a stop, and its address too', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('recovers every committed row after a kill -9 of the server', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');
    await eventually(async () => expect(await isRunning(first.pid)).toBe(false));
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('uses the server again that outlived a kill -9 of its starter', async () => {
    const starter = spawnStarter({ folder });
    const pid = await starter.pid;
    starter.process.kill('SIGKILL');
    const server = await start();
    expect(server.pid).toBe(pid);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it.runIf(process.platform === 'linux')('ends a tied server with its starter', async () => {
    const starter = spawnStarter({ folder, tied: true });
    const pid = await starter.pid;
    starter.process.kill('SIGKILL');
    await eventually(async () => expect(await isRunning(pid)).toBe(false));
  });

  it('takes another port when its own has been taken meanwhile', async () => {
    const first = await start();
    await first.stop();
    const access = JSON.parse(await fs.readFile(path.join(folder, 'access.json'), 'utf8')) as {
      port: number;
    };
    const other = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-postgres-'));
    await fs.writeFile(
      path.join(other, 'access.json'),
      JSON.stringify({ port: access.port, password: 'other' }),
    );
    const usurper = await startEmbeddedPostgres({ folder: other, tied: true });
    const second = await start();
    expect(new URL(second.url).port).not.toBe(new URL(usurper.url).port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await usurper.stop();
    await fs.rm(other, { recursive: true });
  });

  it('says what the server said when it cannot start', async () => {
    await (await start()).stop();
    await fs.writeFile(path.join(folder, 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow('no_such_setting');
  });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, tied: true });
  started.push(server);
  return server;
}

/** Another process that starts a server and then hangs. */
function spawnStarter(options: { folder: string; tied?: boolean }) {
  const module = path.resolve('src/infra/embedded-postgres.ts');
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    console.log((await startEmbeddedPostgres(${JSON.stringify(options)})).pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = new Promise<number>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(Number(data))),
  );
  return { process: child, pid };
}

/** A killed server that nobody has waited for yet is a zombie, which has no command line. */
const isRunning = (pid: number) =>
  fs.readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (text) => text !== '',
    () => false,
  );

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
