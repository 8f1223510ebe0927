import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A Node process that serves on a free port of loopback and logs, as JSON, that it "is ready". Of the caller's
 * environment it gets what Node and the system need, and nothing else but the settings it is given. It ends with the
 * process that started it.
 */
export class ServerProcess implements AsyncDisposable {
  /** The last lines of its log and of its errors. */
  readonly output: string[] = [];
  /** Its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #script: string;
  readonly #child: ChildProcess;

  constructor({ folder, script = 'src/main.ts', settings = {} }: ServerOptions) {
    this.#script = script;
    const [command, ...args] = [...TIE, process.execPath, path.join(ROOT, script)];
    this.#child = spawn(command!, args, {
      cwd: folder,
      env: { ...inherited(), HOST: '127.0.0.1', PORT: '0', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // Ctrl-C is for the caller, who then stops the process
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      createInterface(stream).on('line', (line) => this.#keep(line));
    process.prependOnceListener('exit', this.#leave);
    this.ended = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    void this.ended.then(() => process.off('exit', this.#leave));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Where it listens, once it is ready; null for a worker. Errors: when it ends first or takes too long; of `signal`. */
  async ready(signal?: AbortSignal): Promise<Address | null> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const line = this.output.find((text) => text.includes(' is ready"'));
      if (line) {
        const { address, port } = JSON.parse(line) as Partial<Address>;
        return address && port ? { address, port } : null;
      }
      if (!this.isAlive) throw new Error(`${this.#script} ended before it was ready.${this.endOfOutput()}`);
      if (performance.now() > deadline)
        throw new Error(`${this.#script} was not ready in time.${this.endOfOutput()}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to end, and kills it when it does not do so in time: `ended` says which. */
  async close(): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What an error message says of its output; empty when there was none. */
  endOfOutput(): string {
    const lines = this.output.slice(-SHOWN_LINES).map((line) => `\n  ${line.slice(0, SHOWN_CHARACTERS)}`);
    return lines.length === 0 ? '' : ['\nThe end of its output:', ...lines].join('');
  }

  #keep(line: string): void {
    if (this.output.push(line) > KEPT_LINES) this.output.shift();
  }

  readonly #leave = (): void => void this.#child.kill('SIGTERM');
}

/** `NODE_OPTIONS` lets a profile be taken of every process. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, NODE_OPTIONS };
}

const ROOT = path.join(import.meta.dirname, '../..');
/** Ends it with this process, however this one ends, where setpriv (util-linux) can do that. */
const TIE = spawnSync('setpriv', ['--version']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 5;
/** The product gives itself 20 seconds. */
const STOP_TIMEOUT_MS = 25_000;
const KEPT_LINES = 10_000;
const SHOWN_LINES = 12;
const SHOWN_CHARACTERS = 400;

export interface ServerOptions {
  /** Where the process runs: away from a developer's `.env`. */
  folder: string;
  /** Below the repository. */
  script?: string;
  settings?: NodeJS.ProcessEnv;
}

export interface Address {
  address: string;
  port: number;
}
