/**
 * A Postgres server from the npm registry, for installations without one: one folder, one loopback port.
 *
 * The folder is *empty*, then *initialized* (initdb writes to a temporary folder that is renamed when complete, so that
 * an interruption leaves nothing behind), then alternately *running* and *stopped*. It is running if the process named
 * in `data/postmaster.pid`, which Postgres writes, is alive: a file left by a kill -9 does not count. On Linux with
 * setpriv, the server ends with the process that started it, however that process ends. Elsewhere it survives a
 * kill -9 of that process until the next start.
 *
 * It can do nothing that the application does not need: it runs without capabilities and without our environment, under
 * root as another account, and the application connects as a role that is no superuser.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Access, readAccess, readText, writeAccess } from './embedded-postgres/access.ts';
import { accountFor, asAccount } from './embedded-postgres/account.ts';
import { loadBinaries } from './embedded-postgres/binaries.ts';
import {
  type Cluster,
  DATABASE,
  dataPath,
  giveToOwner,
  initialize,
  OWNER,
} from './embedded-postgres/cluster.ts';
import { nameOf, type Postmaster, readPostmaster, stopPostmaster } from './embedded-postgres/postmaster.ts';

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
 * Errors: ConfigError without binaries that can run here; otherwise an Error with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  fs.mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const folder = fs.realpathSync(options.folder);
  const data = path.join(folder, 'data');
  const account = accountFor(data);
  const server = { ...options, ...(await loadBinaries(account)), account, folder, data };
  if (!fs.existsSync(data)) initialize(server);
  await stopPostmaster(data);
  const access = ownedAccess(server);
  const { pid, port } = await run(server, await freePort(access.port));
  if (port !== access.port) writeAccess(folder, { ...access, port });
  return { url: urlOf({ ...access, port }), pid, stop: () => stopPostmaster(data) };
}

/** The URL of the server that another process runs in the folder. Null when none is running. */
export function findEmbeddedPostgres(folder: string): string | null {
  if (!fs.existsSync(folder)) return null;
  const postmaster = readPostmaster(path.join(fs.realpathSync(folder), 'data'));
  const access = readAccess(folder);
  return postmaster?.ready && access ? urlOf(access) : null;
}

/** How the application connects, after the database has been given to its role. */
function ownedAccess(server: Server): Access {
  const access = readAccess(server.folder) ?? { port: 0, password: randomBytes(18).toString('base64url') };
  if (access.user === OWNER) return access;
  giveToOwner(server, access.password);
  const owned = { ...access, user: OWNER };
  writeAccess(server.folder, owned);
  return owned;
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
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...server.settings };
  const { command, args, options } = asAccount(server.account, server.postgres, [
    '-D',
    dataPath(server),
    nameOf(server.data),
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ]);
  const log = fs.openSync(logFile(server.folder), 'a', 0o600);
  const child = spawn(command, args, {
    ...options,
    cwd: server.data,
    detached: true,
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  child.once('error', (error) => fs.appendFileSync(logFile(server.folder), `${error.message}\n`));
  child.unref();
  return child;
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

/** Before its database has an owner, a server that still runs has only the superuser. */
const urlOf = ({ port, user = 'postgres', password }: Access) =>
  `postgresql://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
const logFile = (folder: string) => path.join(folder, 'postgres.log');
const lastLines = (file: string) => readText(file)?.trim().split('\n').slice(-3).join(' | ') || 'no log';

const START_TIMEOUT_MS = 60_000;

type Server = EmbeddedPostgresOptions & Cluster;
