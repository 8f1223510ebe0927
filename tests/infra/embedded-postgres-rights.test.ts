/** What the server may do, which is nothing but to serve; under root, too, in a folder that only root can enter. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JOBS } from '../../src/build/work.ts';
import { canRun } from '../../src/infra/embedded-postgres/account.ts';
import { loadBinaries } from '../../src/infra/embedded-postgres/binaries.ts';
import { OWNER } from '../../src/infra/embedded-postgres/cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { createJobs } from '../../src/infra/jobs.ts';
import { applyMigrations } from '../../src/infra/migrations.ts';
import { migrationDrift } from '../../tools/migration-diff.ts';

const IS_ROOT = process.getuid?.() === 0;
const IS_LINUX = process.platform === 'linux';
const NOBODY = { uid: 65_534, gid: 65_534 };

let parent: string;
beforeAll(async () => void (parent = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-rights-'))));
afterAll(() => fs.rm(parent, { recursive: true }));

describe('the server', () => {
  let server: EmbeddedPostgres;
  const outside = () => path.join(parent, 'outside.txt');

  beforeAll(async () => {
    vi.stubEnv('SECRET_KEY', 'canary of our environment');
    await fs.writeFile(outside(), 'of root', { mode: 0o600 });
    server = await startEmbeddedPostgres({ folder: path.join(parent, 'server') });
  });
  afterAll(() => server.stop());
  afterAll(() => void vi.unstubAllEnvs());

  it.runIf(IS_LINUX)('has no capability, and can gain none', async () => {
    expect(await privilegesOf(server.pid)).toEqual({
      isRoot: false,
      CapInh: 0n,
      CapPrm: 0n,
      CapEff: 0n,
      CapAmb: 0n,
      NoNewPrivs: 1n,
    });
  });

  it.runIf(IS_LINUX)('gets nothing of our environment', async () => {
    const entries = (await fs.readFile(`/proc/${server.pid}/environ`, 'utf8')).split('\0').filter(Boolean);
    expect(entries).toEqual([expect.stringMatching(/^PATH=\/usr/), 'LANG=C', 'TZ=UTC']);
  });

  it('is used by a role that owns the database and is no superuser', async () => {
    expect(new URL(server.url).username).toBe(OWNER);
    const [role] = await query(
      server.url,
      `SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls, pg_get_userbyid(datdba) AS owner
       FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
    );
    const no = { rolsuper: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false };
    expect(role).toEqual({ ...no, owner: OWNER });
    const memberships =
      'SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole';
    expect(await query(server.url, memberships)).toEqual([{ roleid: 'pg_signal_backend' }]);
  });

  it.each([
    ['read a file', () => `SELECT pg_read_file('${outside()}')`],
    ['import a file', () => `SELECT lo_import('${outside()}')`],
    ['copy from a file', () => `COPY pg_temp.lines FROM '${outside()}'`],
    ['write a file', () => `COPY (SELECT 1) TO '${path.join(parent, 'written.txt')}'`],
    ['run a program', () => `COPY pg_temp.lines FROM PROGRAM 'env'`],
    ['load a library', () => `CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/any.so'`],
    ['change the settings of the server', () => `ALTER SYSTEM SET log_statement = 'all'`],
    ['make a superuser', () => 'CREATE ROLE another SUPERUSER'],
    ['become the superuser', () => 'SET ROLE postgres'],
  ])('refuses to %s', async (_what, sql) => {
    await expect(query(server.url, 'CREATE TEMP TABLE lines (line text)', sql())).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('admits no other role, not even the superuser', async () => {
    const url = new URL(server.url);
    url.username = 'postgres';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28000' });
  });

  it('runs the migrations and compares them with the schema, which takes another database', async () => {
    await applyMigrations(server.url);
    expect(await migrationDrift(server.url)).toBeNull();
  });
});

describe('a folder of an earlier version', () => {
  const started: EmbeddedPostgres[] = [];
  const folder = () => path.join(parent, 'earlier');
  const start = async () => {
    const server = await startEmbeddedPostgres({ folder: folder() });
    started.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });

  it('goes on with its rows and its jobs, all of which the superuser owned', async () => {
    await (await start()).stop();
    await makeSuperuserOwn(folder());
    const server = await start();
    expect(await query(server.url, 'SELECT name FROM tenants')).toEqual([{ name: 'kept' }]);
    expect(await query(server.url, FOREIGN_OBJECTS)).toEqual([]);
    await query(server.url, 'ALTER TABLE tenants ADD COLUMN later int', `ALTER TYPE mood ADD VALUE 'bad'`);
    await startJobs(server.url);
  });

  it('is repaired when the password has been lost', async () => {
    const { url } = await start();
    await query(url, 'CREATE TABLE survivor AS SELECT 42 AS answer');
    await started.pop()!.stop();
    await fs.rm(path.join(folder(), 'access.json'));
    const server = await start();
    expect(await query(server.url, 'SELECT answer FROM survivor')).toEqual([{ answer: 42 }]);
  });

  /** As before there was an owner role: migrations and jobs by the superuser, who may connect, and no role in the file. */
  async function makeSuperuserOwn(folder: string): Promise<void> {
    const [hba, access] = [path.join(folder, 'data/pg_hba.conf'), path.join(folder, 'access.json')];
    await fs.writeFile(hba, 'host all postgres 127.0.0.1/32 trust\n');
    const server = await start();
    const url = server.url.replace(`//${OWNER}:`, '//postgres:');
    await query(url, 'ALTER DATABASE postgres OWNER TO postgres', `DROP ROLE ${OWNER}`);
    await applyMigrations(url);
    await startJobs(url);
    await query(url, `INSERT INTO tenants (id, external_id, name) VALUES ('1', 'kept', 'kept')`);
    await query(
      url,
      `CREATE TYPE mood AS ENUM ('good')`,
      'CREATE SEQUENCE loose',
      'CREATE VIEW seen AS SELECT 1',
    );
    await server.stop();
    const { port, password } = JSON.parse(await fs.readFile(access, 'utf8')) as Record<string, unknown>;
    await fs.writeFile(access, JSON.stringify({ port, password }));
  }
});

describe.runIf(IS_ROOT && IS_LINUX)('under root', () => {
  it('runs a copy of the programs, readable by all, when only root can enter the folder of the packages', async () => {
    const closed = path.join(parent, 'closed');
    await fs.mkdir(closed, { mode: 0o700 });
    const packaged = await loadBinaries(null);
    const folder = path.dirname(path.dirname(packaged.postgres));
    await fs.cp(folder, path.join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
    await fs.chmod(path.join(closed, 'native/bin/postgres'), 0o700);
    const inClosed = (file: string) => path.join(closed, 'native', path.relative(folder, file));
    const hidden = { initdb: inClosed(packaged.initdb), postgres: inClosed(packaged.postgres), version: '1' };

    const refusal = loadBinaries(NOBODY, { packaged: hidden, cacheFolder: path.join(closed, 'cache') });
    await expect(refusal).rejects.toThrow(
      /^DATABASE_URL must be set, or the project moved to .+ \/opt\/agentforge/,
    );

    await fs.chmod(parent, 0o711);
    const cacheFolder = path.join(parent, 'cache');
    const both = await Promise.all([1, 2].map(() => loadBinaries(NOBODY, { packaged: hidden, cacheFolder })));
    expect(both[0]!.postgres).toBe(path.join(cacheFolder, 'postgres-1/bin/postgres'));
    for (const { initdb } of both) expect(canRun(NOBODY, initdb)).toBe(true);
    expect(await fs.readdir(cacheFolder)).toEqual(['postgres-1']);
    await fs.chmod(parent, 0o700);
  });

  it.runIf(canRun(NOBODY, process.execPath))('runs for another account as that account', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-rights-'));
    await fs.chown(folder, NOBODY.uid, NOBODY.gid);
    const module = path.resolve('src/infra/embedded-postgres.ts');
    const script = `
      const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
      console.log(JSON.stringify(await startEmbeddedPostgres(${JSON.stringify({ folder })})));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      ...NOBODY,
      cwd: '/',
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [data] = (await once(starter.stdout, 'data')) as [Buffer];
    const { url, pid } = JSON.parse(data.toString()) as EmbeddedPostgres;
    expect(await query(url, 'SELECT current_user AS role')).toEqual([{ role: OWNER }]);
    expect(await privilegesOf(pid)).toMatchObject({ isRoot: false, CapEff: 0n, CapAmb: 0n, NoNewPrivs: 1n });
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    await fs.rm(folder, { recursive: true, maxRetries: 10, retryDelay: 100 });
  });
});

async function privilegesOf(pid: number): Promise<Record<string, unknown>> {
  const lines = (await fs.readFile(`/proc/${pid}/status`, 'utf8'))
    .split('\n')
    .map((line) => line.split(':\t'));
  const { Uid, ...status } = Object.fromEntries(lines) as Record<string, string>;
  const names = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs'];
  return {
    isRoot: Uid!.split('\t').includes('0'),
    ...Object.fromEntries(names.map((name) => [name, BigInt(`0x${status[name]}`)])),
  };
}

async function startJobs(url: string): Promise<void> {
  const jobs = createJobs({ url, names: JOBS, logger: pino({ level: 'silent' }) });
  await jobs.start();
  await jobs.close();
}

/** Runs the statements on one connection, and returns the rows of the last. */
async function query(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** What the owner role does not own of tables, types and functions. */
const FOREIGN_OBJECTS = `
  WITH ours AS (
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  ), objects AS (
    SELECT relname AS name, relnamespace AS schema, relowner AS owner FROM pg_class
    UNION ALL SELECT typname, typnamespace, typowner FROM pg_type
    UNION ALL SELECT proname, pronamespace, proowner FROM pg_proc
  )
  SELECT name FROM objects WHERE schema IN (SELECT oid FROM ours) AND owner <> '${OWNER}'::regrole`;
