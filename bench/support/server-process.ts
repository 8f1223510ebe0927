import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './monotonic-clock.ts';

/**
 * A Node process that serves HTTP on a free port of loopback and answers GET /ready. It gets the settings it is
 * given and nothing else of the caller's environment but what Node and the system need, and ends with the bench.
 */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first answer that it is ready. */
  readonly readyAfterMs: number;
  readonly #child: ChildProcess;
  readonly #kill: () => void;

  /** `script` is a path below the repository; `folder` is where the process runs and writes `output.log`. */
  static async start({ script, folder, settings = {} }: ServerOptions): Promise<ServerProcess> {
    const port = await freePort();
    const output = path.join(folder, 'output.log');
    const log = fs.openSync(output, 'a');
    const startedAt = monotonicMs();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(ROOT, script)],
      {
        cwd: folder,
        env: { ...inherited(), HOST: '127.0.0.1', PORT: String(port), ...settings },
        stdio: ['ignore', log, log],
      },
    );
    fs.closeSync(log);
    const kill = () => void child.kill();
    process.prependOnceListener('exit', kill); // before its folder goes
    const url = `http://127.0.0.1:${port}`;
    try {
      await readiness(url, child);
      return new ServerProcess(url, child, kill, monotonicMs() - startedAt);
    } catch (error) {
      kill();
      throw new Error(`${script} did not start: ${fs.readFileSync(output, 'utf8').slice(-2_000)}`, {
        cause: error,
      });
    }
  }

  private constructor(url: string, child: ChildProcess, kill: () => void, readyAfterMs: number) {
    this.url = url;
    this.pid = child.pid!;
    this.readyAfterMs = readyAfterMs;
    this.#child = child;
    this.#kill = kill;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
    this.#child.kill('SIGTERM');
    await ended.catch(() => this.#child.kill('SIGKILL'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const ROOT = path.join(import.meta.dirname, '../..');

/** `NODE_OPTIONS` lets a profile be taken of every process. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, NODE_OPTIONS };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function readiness(url: string, child: ChildProcess): Promise<void> {
  const patience = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    const answer = await fetch(`${url}/ready`, { signal: patience }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    patience.throwIfAborted();
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await sleep(POLL_MS);
  }
}

const POLL_MS = 5;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

interface ServerOptions {
  script: string;
  folder: string;
  settings?: NodeJS.ProcessEnv;
}
