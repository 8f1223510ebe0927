import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedPostgres,
  findEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/infra/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';

/** Mode 0700: for root, a folder that only root can enter. */
const makeFolder = () => fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-postgres-'));

let folder: string;
const started: EmbeddedPostgres[] = [];

beforeAll(async () => void (folder = await makeFolder()));
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
afterAll(() => fs.rm(folder, { recursive: true }));

describe('findEmbeddedPostgres', () => {
  it('finds the server that another process runs', async () => {
    const starter = spawnStarter();
    const { url } = await starter.server;
    expect(findEmbeddedPostgres(folder)).toBe(url);
    starter.process.kill('SIGKILL');
    await eventually(() => expect(findEmbeddedPostgres(folder)).toBeNull());
  });
});

describe('startEmbeddedPostgres', () => {
  it('creates a database, and keeps its rows and its address after a restart', async () => {
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
    await query(first.url, 'CREATE TABLE committed AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');
    const second = await eventually(start); // its children need a moment to see that it is gone
    expect(await query(second.url, 'SELECT answer FROM committed')).toEqual([{ answer: 42 }]);
  });

  it('starts after a kill -9 of the process that started the server, with every committed row', async () => {
    const starter = spawnStarter();
    const { url } = await starter.server;
    await query(url, 'CREATE TABLE survivor AS SELECT 42 AS answer');
    starter.process.kill('SIGKILL');
    const server = await start();
    expect(await query(server.url, 'SELECT answer FROM survivor')).toEqual([{ answer: 42 }]);
  });

  it.runIf(process.platform === 'linux')('leaves no server behind when its starter is killed', async () => {
    const starter = spawnStarter();
    const { pid } = await starter.server;
    starter.process.kill('SIGKILL');
    await eventually(async () => expect(await isRunning(pid)).toBe(false));
  });

  it('uses another port when its own is taken', async () => {
    const first = await start();
    await first.stop();
    const access = JSON.parse(await fs.readFile(path.join(folder, 'access.json'), 'utf8')) as {
      port: number;
    };
    const other = await makeFolder();
    await fs.writeFile(
      path.join(other, 'access.json'),
      JSON.stringify({ port: access.port, password: 'other' }),
    );
    const usurper = await startEmbeddedPostgres({ folder: other });
    const second = await start();
    expect(new URL(second.url).port).not.toBe(new URL(usurper.url).port);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await usurper.stop();
    await fs.rm(other, { recursive: true });
  });

  it('includes the server’s log when it cannot start', async () => {
    await (await start()).stop();
    await fs.writeFile(path.join(folder, 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow('no_such_setting');
  });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder });
  started.push(server);
  return server;
}

/** Another process that starts the server of the folder and then waits. */
function spawnStarter() {
  const module = path.resolve('src/infra/embedded-postgres.ts');
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await startEmbeddedPostgres(${JSON.stringify({ folder })})));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const server = new Promise<EmbeddedPostgres>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(JSON.parse(data.toString()) as EmbeddedPostgres));
  });
  return { process: child, server };
}

/** A killed server that its parent has not reaped is a zombie, which has no command line. */
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
