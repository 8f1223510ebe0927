/**
 * A real Redis without root: `redis-server` from the PATH, else Debian's packages unpacked into a cache folder of the
 * project. Started on a free loopback port, in memory only, and stopped with the process that started it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { eventually } from './eventually.ts';

export interface RedisServer {
  url: string;
  port: number;
  /** Kills the server immediately, as with kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, but the server does not answer. */
  freeze(): void;
  thaw(): void;
  /** Starts a new, empty server on the same port, after `kill` or `stop`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server that belongs to the caller. Errors: when there is no Redis on this machine. */
export async function startRedis(): Promise<RedisServer> {
  const binary = findRedis();
  if (!binary)
    throw new Error('There is no redis-server here: put one on the PATH (apt-get install redis-server)');
  const port = await freePort();
  let child = await launch(binary, port);
  const end = async (signal: NodeJS.Signals) => {
    child.kill('SIGCONT');
    child.kill(signal);
    await eventually(() => child.exitCode !== null || child.signalCode !== null);
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    restart: async () => void (child = await launch(binary, port)),
  };
}

/** Null when this machine has no Redis and no way to fetch one. */
export function findRedis(): RedisBinary | null {
  const installed = { command: 'redis-server', libraries: '' };
  if (works(installed)) return installed;
  if (!works(unpackedBinary())) fetchDebianPackages();
  return works(unpackedBinary()) ? unpackedBinary() : null;
}

async function launch(binary: RedisBinary, port: number): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  // Ends with this process in any case, if setpriv (util-linux) is available.
  const tie = spawnSync('setpriv', ['--version']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [command, ...args] = [...tie, binary.command, ...options] as [string, ...string[]];
  const child = spawn(command, args, { env: environment(binary), stdio: 'ignore' });
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    return canConnect(port);
  });
  return child;
}

function works(binary: RedisBinary): boolean {
  return spawnSync(binary.command, ['--version'], { env: environment(binary) }).status === 0;
}

const environment = ({ libraries }: RedisBinary) =>
  libraries ? { ...process.env, LD_LIBRARY_PATH: libraries } : process.env;

/** Only installing needs root. Simulating, downloading and unpacking do not, with separate package lists. */
function fetchDebianPackages(): void {
  const apt = path.join(CACHE, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    fs.mkdirSync(path.join(apt, folder), { recursive: true });
  }
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: CACHE, encoding: 'utf8', timeout: 60_000 }).stdout ?? '';
  const aptGet = (...args: string[]) =>
    run('apt-get', '-o', `Dir::State::Lists=${apt}/lists`, '-o', `Dir::Cache=${apt}/cache`, ...args);
  aptGet('update');
  const simulation = aptGet('-s', 'install', '--no-install-recommends', 'redis-server');
  const packages = [...simulation.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
  if (packages.length > 0) aptGet('download', ...packages);
  for (const file of fs.readdirSync(CACHE).filter((name) => name.endsWith('.deb'))) {
    run('dpkg', '-x', file, UNPACKED);
    fs.rmSync(path.join(CACHE, file));
  }
  fs.rmSync(apt, { recursive: true });
}

function unpackedBinary(): RedisBinary {
  const libraries = path.join(UNPACKED, 'usr/lib');
  const folders = fs.existsSync(libraries) ? fs.readdirSync(libraries) : [];
  return {
    command: path.join(UNPACKED, 'usr/bin/redis-server'),
    libraries: folders.map((folder) => path.join(libraries, folder)).join(':'),
  };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const CACHE = path.resolve(import.meta.dirname, '../../.cache/redis');
const UNPACKED = path.join(CACHE, 'root');

interface RedisBinary {
  command: string;
  /** LD_LIBRARY_PATH. Empty for an installed server. */
  libraries: string;
}
