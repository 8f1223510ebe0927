import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll } from 'vitest';
import type { App } from '../../src/app.ts';
import { eventually } from './eventually.ts';

/** In a file: real processes in a folder of their own, which end with the file's tests at the latest. */
export function testProcesses(settings: Record<string, string>): TestProcesses {
  const started: ServerProcess[] = [];
  let folder = '';
  beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-process-'))));
  afterAll(async () => {
    await Promise.all(started.map((process) => process.close()));
    await fs.rm(folder, { recursive: true });
  });
  return {
    start(more = {}) {
      const process = new ServerProcess(folder, { ...settings, ...more });
      started.push(process);
      return process;
    },
  };
}

/**
 * `node src/main.ts`, on a free port of loopback, with no settings but those given. For `TestApp.start` it is an app
 * like any other, but for its parts, which are out of reach.
 */
export class ServerProcess implements App {
  /** Lines of its log and of its errors. */
  readonly output: string[] = [];
  /** Its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;

  constructor(folder: string, settings: Record<string, string>) {
    const [command, ...args] = [...TIE, process.execPath, '--disable-warning=ExperimentalWarning', MAIN];
    const env = { PATH: process.env['PATH'], NODE_ENV: 'test', PORT: '0', ...settings };
    this.#child = spawn(command!, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      createInterface(stream).on('line', (line) => this.output.push(line));
    this.ended = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  }

  get services(): never {
    throw new Error('the parts of another process are out of reach');
  }

  /** Resolves when it is ready. */
  async listen(): Promise<{ address: string; port: number } | null> {
    const ready = await eventually(() => {
      if (!this.isAlive) throw new Error(`it ended instead: ${this.output.join('\n')}`);
      return this.output.find((line) => line.includes('"AgentForge is ready"')) ?? false;
    }, START);
    const { address, port } = JSON.parse(ready) as { address?: string; port?: number };
    return address && port ? { address, port } : null;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    await this.ended;
  }
}

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');
const START = { timeoutMs: 45_000 };
/** Ends it with this process, however this one ends, where setpriv (util-linux) can do that. */
const TIE = spawnSync('setpriv', ['--version']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];

export interface TestProcesses {
  start(settings?: Record<string, string>): ServerProcess;
}
