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
  it('rejects a second lock and names the process of the first', async () => {
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(`process ${process.pid}`);
    await expect(spawnHolder()).rejects.toThrow('refused'); // the attempt has not released the first
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

describe('the folder', () => {
  const modeOf = async (file: string) => ((await fs.stat(file)).mode & 0o777).toString(8);

  it('is made for its owner alone, and so are the files of the lock', async () => {
    lockDataDir(dataDir).release();
    expect(await modeOf(dataDir)).toBe('700');
    for (const name of ['lock', 'holder.pid']) expect(await modeOf(path.join(dataDir, name))).toBe('600');
  });

  it('is taken from others where an earlier version has left it open to them', async () => {
    lockDataDir(dataDir).release();
    await fs.chmod(dataDir, 0o755);
    for (const name of ['lock', 'holder.pid']) await fs.chmod(path.join(dataDir, name), 0o644);
    lockDataDir(dataDir).release();
    expect(await modeOf(dataDir)).toBe('700');
    for (const name of ['lock', 'holder.pid']) expect(await modeOf(path.join(dataDir, name))).toBe('600');
  });

  it('stays open to others when it holds files that are not ours', async () => {
    await fs.mkdir(dataDir);
    await fs.chmod(dataDir, 0o755);
    await fs.writeFile(path.join(dataDir, 'of-others.txt'), '');
    lockDataDir(dataDir).release();
    expect(await modeOf(dataDir)).toBe('755');
    expect(await modeOf(path.join(dataDir, 'lock'))).toBe('600');
  });

  it.runIf(process.getuid?.() === 0)('stays as it is when it belongs to another account', async () => {
    await fs.mkdir(dataDir);
    await fs.chown(dataDir, 12_345, 12_345);
    await fs.chmod(dataDir, 0o755);
    lockDataDir(dataDir).release();
    expect(await modeOf(dataDir)).toBe('755');
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
