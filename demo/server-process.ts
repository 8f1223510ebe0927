import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../src/config/config.ts';
import { isReady, type Server } from './server.ts';

/**
 * The product as a process of its own, with everything it keeps in a fresh folder. `stop` ends it and removes the
 * folder, in whatever state they are.
 */
export class ServerProcess implements Server {
  readonly url: string;
  readonly facts: readonly string[];
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | NodeJS.Signals>;
  #isUp = false;
  #stopped: Promise<string> | null = null;

  /** `onDeath` is called if the process ends before it was asked to. Errors: ConfigError; a port that is taken. */
  static async start(onDeath: (error: Error) => void): Promise<ServerProcess> {
    const settings = settingsOfServer();
    const { port, defaultProvider } = readConfig(settings);
    return new ServerProcess(settings, await freePort(port), defaultProvider, onDeath);
  }

  private constructor(
    settings: NodeJS.ProcessEnv,
    port: number,
    provider: string,
    onDeath: (error: Error) => void,
  ) {
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agentforge-demo-'));
    const log = fs.openSync(this.#logFile, 'a');
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts'], {
      cwd: path.join(import.meta.dirname, '..'),
      env: { ...settings, PORT: String(port), DATA_DIR: this.#folder },
      stdio: ['ignore', log, log],
      detached: true, // Ctrl-C is for the demo, which then stops the server
    });
    fs.closeSync(log);
    this.#exit = once(this.#child, 'exit').then(([code, signal]) => code ?? signal);
    void this.#exit.then((code) => {
      this.#isUp = false;
      if (!this.#stopped) onDeath(new Error(`The server ended by itself (${code}).${this.#endOfLog()}`));
    });
    process.once('exit', this.#leave);
    this.url = `http://127.0.0.1:${port}`;
    this.facts = [
      `src/main.ts, as process ${this.#child.pid}, on ${this.url}`,
      `Postgres of its own in ${this.#folder}, no Redis`,
      provider === 'OFFLINE'
        ? 'Model: OFFLINE, a script that needs no key and knows nothing of the world'
        : `Model: ${provider}, because ${provider}_API_KEY is set; this costs real cents`,
    ];
  }

  async ready(signal: AbortSignal): Promise<void> {
    this.#isUp = await isReady(this.url, signal, START_TIMEOUT_MS);
    if (!this.#isUp) throw new Error(`The server was not ready in time.${this.#endOfLog()}`);
  }

  /** Errors: when the server was up and did not end, or not well. */
  stop(): Promise<string> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<string> {
    const wasUp = this.#isUp;
    try {
      this.#child.kill('SIGTERM');
      const code = await Promise.race([this.#exit, sleep(STOP_TIMEOUT_MS, 'no end', { ref: false })]);
      if (wasUp && code !== 0)
        throw new Error(`The server did not stop cleanly (${code}).${this.#endOfLog()}`);
      return 'The server has stopped cleanly, and its folder is gone.';
    } finally {
      process.off('exit', this.#leave);
      this.#child.kill('SIGKILL');
      await killPostgres(this.#folder);
      fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  get #logFile(): string {
    return path.join(this.#folder, 'server.log');
  }

  #endOfLog(): string {
    const lines = fs.readFileSync(this.#logFile, 'utf8').trim().split('\n').slice(-LOG_LINES);
    if (lines.join('') === '') return '';
    return ['\nThe end of its log:', ...lines.map((line) => line.slice(0, LOG_LINE_CHARACTERS))].join('\n  ');
  }

  readonly #leave = (): void => void this.#child.kill('SIGTERM');
}

/** The wanted port, or any for 0. Errors: when the wanted one is taken, maybe by another AgentForge, which is not meant. */
async function freePort(wanted: number): Promise<number> {
  const server = net.createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The caller's providers and keys; for the rest, nothing is read or written outside of the data folder. */
function settingsOfServer(): NodeJS.ProcessEnv {
  const { PORT, OFFLINE_TOKENS_PER_SECOND } = process.env; // a file .env says it for servers that stay
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
  return {
    ...process.env,
    NODE_ENV: 'development',
    ROLE: 'all',
    HOST: '127.0.0.1',
    PORT: PORT || '0',
    DATABASE_URL: '',
    REDIS_URL: '',
    SECRET_KEY: '',
    ADMIN_EMAIL: '',
    ADMIN_PASSWORD: '',
    LOG_LEVEL: 'warn',
    OFFLINE_TOKENS_PER_SECOND: OFFLINE_TOKENS_PER_SECOND || TOKENS_PER_SECOND,
  };
}

/** A server that was killed leaves its Postgres behind. */
async function killPostgres(folder: string): Promise<void> {
  const pidFile = path.join(folder, 'postgres', 'data', 'postmaster.pid');
  if (!fs.existsSync(pidFile)) return;
  try {
    process.kill(Number.parseInt(fs.readFileSync(pidFile, 'utf8'), 10), 'SIGQUIT');
  } catch {
    return; // it is gone, and only its file is left
  }
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (fs.existsSync(pidFile) && Date.now() < deadline) await sleep(20);
}

/** Slow enough to watch, fast enough to wait for. */
const TOKENS_PER_SECOND = '400';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 25_000;
const LOG_LINES = 12;
const LOG_LINE_CHARACTERS = 400;
