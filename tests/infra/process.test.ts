import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';

const MAIN = path.resolve('src/main.ts');

let dataDir: string;
const running = new Set<ChildProcess>();

beforeAll(async () => void (dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-process-'))));
afterEach(async () => {
  for (const child of running) await end(child, 'SIGKILL');
});
afterAll(() => fs.rm(dataDir, { recursive: true }));

describe('npm start', () => {
  it('ends with one line for each problem of the settings, and no stack', async () => {
    const server = start({ PORT: 'x', ROLE: 'worker', NODE_ENV: 'production' });
    expect(await end(server.child)).toBe(1);
    const lines = server.errors().trim().split('\n');
    const names = lines.map((line) => line.split(' ')[0]);
    expect(names).toEqual(['PORT', 'SECRET_KEY', 'DATABASE_URL', 'ANTHROPIC_API_KEY,']);
  });

  it('serves from an empty folder, and closes with everything it started on SIGTERM', async () => {
    const server = start();
    const { port } = await server.ready;
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    expect(await end(server.child, 'SIGTERM')).toBe(0);
    expect(findEmbeddedPostgres(path.join(dataDir, 'postgres'))).toBeNull();
  });

  it('refuses a second start on the same folder in one line, and leaves the first alone', async () => {
    const first = start();
    const { port } = await first.ready;
    const second = start();
    expect(await end(second.child)).toBe(1);
    expect(second.errors()).toMatch(new RegExp(`^DATA_DIR .+ in use .+process ${first.child.pid}.+\n$`));
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
  });

  it('starts again after a kill -9, with the accounts and the sessions it had', async () => {
    const first = start();
    const { accessToken } = await register((await first.ready).port);
    await end(first.child, 'SIGKILL');
    const second = start();
    const { port } = await second.ready;
    const answer = await graphql(port, 'query { viewer { id } }', { Authorization: `Bearer ${accessToken}` });
    expect(answer).toEqual({ data: { viewer: { id: expect.any(String) as string } } });
  });
});

function start(settings: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    cwd: dataDir, // away from a developer's .env
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ready = new Promise<{ port: number }>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(JSON.parse(data.toString()) as { port: number }));
    child.once('exit', () => reject(new Error(`it ended: ${errors}`)));
  });
  ready.catch(() => {}); // where a start is meant to fail, nobody waits for it
  return { child, ready, errors: () => errors };
}

/** The exit code, once the process has ended and said everything. */
async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  const closed = once(child, 'close');
  if (signal) child.kill(signal);
  const [code] = (await closed) as [number | null];
  return code;
}

async function register(port: number): Promise<{ accessToken: string }> {
  const document = `mutation { register(input: {
    email: "kept@example.com", password: "correct horse battery", displayName: "Kept"
  }) { ... on RegisterSuccess { session { accessToken } } } }`;
  const answer = (await graphql(port, document)) as {
    data: { register: { session: { accessToken: string } } };
  };
  return answer.data.register.session;
}

async function graphql(port: number, query: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return response.json();
}
