import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { TestApp } from '../support/app.ts';
import { type TestProcess, testProcesses } from '../support/server-process.ts';

const processes = testProcesses({ NODE_ENV: 'development' });
const running: TestProcess[] = [];

afterEach(() => Promise.all(running.splice(0).map((server) => server.kill())));

describe('npm start', () => {
  it('ends with one line per problem of the settings, without a stack', async () => {
    const server = start({ PORT: 'x', ROLE: 'worker', NODE_ENV: 'production' });
    expect(await server.ended).toBe(1);
    const names = server.output.map((line) => line.split(' ')[0]);
    expect(names).toEqual(['PORT', 'SECRET_KEY', 'ENCRYPTION_KEY', 'DATABASE_URL', 'ANTHROPIC_API_KEY,']);
  });

  it('serves from an empty folder, and stops everything that it started on SIGTERM', async () => {
    const server = start();
    expect(await readiness(server)).toBe(200);
    await server.close();
    expect(await server.ended).toBe(0);
    expect(findEmbeddedPostgres(path.join(processes.folder, 'postgres'))).toBeNull();
  });

  it('rejects a second start on the same folder in one line, without affecting the first', async () => {
    const first = start();
    await first.ready();
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output).toEqual([
      expect.stringMatching(new RegExp(`^DATA_DIR .+ in use .+process ${first.pid}`)),
    ]);
    expect(await readiness(first)).toBe(200);
  });

  it('restarts after a kill -9 with its accounts and sessions', async () => {
    const app = new TestApp([]);
    const first = start();
    await app.start(first);
    const { token, email } = await app.register();
    await first.kill();
    await app.start(start());
    const { data } = await app.graphql('{ viewer { email } }', {}, { token });
    expect(data).toEqual({ viewer: { email } });
  });
});

function start(settings: Record<string, string> = {}): TestProcess {
  const server = processes.start({ DATA_DIR: processes.folder, ...settings });
  running.push(server);
  return server;
}

/** The status of GET /ready. */
async function readiness(server: TestProcess): Promise<number> {
  const { port } = (await server.ready())!;
  return (await fetch(`http://127.0.0.1:${port}/ready`)).status;
}
