import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { activeResources, expectReleased } from '../support/active-resources.ts';

describe('expectReleased', () => {
  const before = activeResources();
  const released = () => expectReleased(before, 100);

  it('waits for resources that are closing', async () => {
    const server = net.createServer().listen(0);
    await once(server, 'listening');
    setTimeout(() => server.close(), 50);
    await expectReleased(before);
  });

  it('fails for a server and for both ends of a connection, and reports their ports', async () => {
    const server = net.createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const socket = net.connect(port);
    await once(socket, 'connect');
    await expect(released()).rejects.toThrow(/left open: .*TCPServerWrap.*TCPSocketWrap/);
    await expect(released()).rejects.toThrow(`to ${port}`);
    socket.destroy();
    server.close();
    await expectReleased(before);
  });

  it('fails for a child process, and reports it', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await expect(released()).rejects.toThrow(`sleep as process ${child.pid}`);
    child.kill();
    await expectReleased(before);
  });

  it.each([
    ['timers', () => setTimeout(() => {}, 60_000)],
    ['intervals', () => setInterval(() => {}, 60_000)],
  ])('fails for %s', async (_what, start) => {
    const timers = Array.from({ length: 10 }, start); // of the runner's own, which come and go, there are fewer
    await expect(released()).rejects.toThrow('× Timeout');
    for (const timer of timers) clearTimeout(timer);
    await expectReleased(before);
  });
});

describe('the guard of every test file', () => {
  it('fails only the file that leaves one timer, though the files before and after it share its process', async () => {
    const config = path.join(import.meta.dirname, '../support/leaking/vitest.config.ts');
    const vitest = path.join(
      path.dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))),
      'vitest.mjs',
    );
    const env = { ...process.env, NO_COLOR: '1' };
    const run = spawn(process.execPath, [vitest, 'run', '--config', config, '--reporter=default'], {
      env,
      timeout: 25_000,
    });
    const [output, errors] = await Promise.all([text(run.stdout), text(run.stderr)]);
    expect(output).toContain('1 failed | 2 passed');
    expect(errors).toMatch(/FAIL {2}2-leaking.test.ts[^]*left open: 1 × Timeout/);
  });

  const after: string[] = [];
  afterAll(() => {
    expect(after).toEqual(['hook of the file']); // the guard's own hook comes last: see leak-guard.ts
  });
  afterAll(() => void after.push('hook of the file'));

  it('is set up', async () => {
    const { default: config } = await import('../../vitest.config.ts');
    expect(config).toMatchObject({ test: { setupFiles: 'tests/support/leak-guard.ts' } });
  });
});
