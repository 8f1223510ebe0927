import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerProcess } from '../tools/product/server-process.ts';
import { defaultModel } from './default-model.ts';
import type { Server } from './server.ts';

/**
 * The product as a process of its own, with everything it keeps in a fresh folder. `stop` ends it and removes the
 * folder, in whatever state they are.
 */
export class OwnServer implements Server {
  url = '';
  readonly #model: string;
  readonly #folder: string;
  readonly #process: ServerProcess;
  #stopped: Promise<string> | null = null;

  /** `onDeath` is called if the process ends before it was asked to. Errors: ConfigError. */
  constructor(onDeath: (error: Error) => void) {
    const settings = settingsOfServer();
    this.#model = defaultModel(settings);
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agentforge-demo-'));
    this.#process = new ServerProcess({
      folder: this.#folder,
      settings: { ...settings, DATA_DIR: this.#folder },
    });
    void this.#process.ended.then((code) => {
      if (!this.#stopped)
        onDeath(new Error(`The server ended by itself (${code}).${this.#process.endOfOutput()}`));
    });
  }

  get facts(): readonly string[] {
    return [
      `src/main.ts, as process ${this.#process.pid}, on ${this.url}`,
      `Postgres of its own in ${this.#folder}, no Redis`,
      `Model: ${this.#model}`,
    ];
  }

  async ready(signal: AbortSignal): Promise<void> {
    const { port } = (await this.#process.ready(signal))!;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Errors: when the server was up and did not end, or not well. */
  stop(): Promise<string> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<string> {
    try {
      const wasUp = this.url !== '' && this.#process.isAlive;
      await this.#process.close();
      const end = await this.#process.ended;
      if (wasUp && end !== 0)
        throw new Error(`The server did not stop cleanly (${end}).${this.#process.endOfOutput()}`);
      return 'The server has stopped cleanly, and its folder is gone.';
    } finally {
      await killPostgres(this.#folder);
      fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** The caller's providers and keys; for the rest, nothing is read or written outside of the data folder. */
function settingsOfServer(): NodeJS.ProcessEnv {
  const { PORT, OFFLINE_TOKENS_PER_SECOND } = process.env; // a file .env says it for servers that stay
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
  const { LLM_PRICES_FILE: prices } = process.env; // the server runs in another folder
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
    LOG_LEVEL: 'info',
    LLM_PRICES_FILE: prices && path.resolve(prices),
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
  const deadline = Date.now() + POSTGRES_TIMEOUT_MS;
  while (fs.existsSync(pidFile) && Date.now() < deadline) await sleep(20);
}

/** Slow enough to watch, fast enough to wait for. */
const TOKENS_PER_SECOND = '400';
const POSTGRES_TIMEOUT_MS = 25_000;
