import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateSecretKey, lockDataDir } from '../../src/infra/data-dir.ts';

let parent: string;
let dataDir: string;

beforeEach(async () => {
  parent = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-data-'));
  dataDir = path.join(parent, 'data');
});
afterEach(() => fs.rm(parent, { recursive: true }));

describe('lockDataDir', () => {
  it('rejects a second lock and names the process of the first', () => {
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(`process ${process.pid}`);
    lock.release();
    lockDataDir(dataDir).release();
  });

  it('fails while another process holds the lock, and succeeds after that process is killed with -9', async () => {
    const holder = await spawnHolder();
    expect(() => lockDataDir(dataDir)).toThrow(`process ${holder.pid}`);
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await gone;
    lockDataDir(dataDir).release();
  });

  it('succeeds for exactly one of many that find the lock of a dead process', async () => {
    const dead = await spawnHolder();
    const gone = new Promise((resolve) => dead.once('exit', resolve));
    dead.kill('SIGKILL');
    await gone;
    const rivals = await Promise.allSettled(Array.from({ length: 6 }, spawnHolder));
    const winners = rivals.flatMap((rival) => (rival.status === 'fulfilled' ? [rival.value] : []));
    expect(winners).toHaveLength(1);
    winners[0]!.kill('SIGKILL');
  });
});

describe('loadOrCreateSecretKey', () => {
  it('creates one strong secret, readable only by its owner, and returns it again', async () => {
    const secret = loadOrCreateSecretKey(dataDir);
    expect(Buffer.from(secret, 'base64')).toHaveLength(48);
    expect(loadOrCreateSecretKey(dataDir)).toBe(secret);
    expect((await fs.stat(path.join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600);
  });
});

/** Another process that takes the lock and then waits. Rejects when the lock is held. */
function spawnHolder() {
  const module = path.resolve('src/infra/data-dir.ts');
  const script = `
    const { lockDataDir } = await import(${JSON.stringify(module)});
    globalThis.lock = lockDataDir(${JSON.stringify(dataDir)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise<typeof child>((resolve, reject) => {
    child.stdout.once('data', () => resolve(child));
    child.once('exit', () => reject(new Error('refused')));
  });
}
