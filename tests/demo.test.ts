import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';

describe('npm run demo', { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-test-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('does one job from the first sentence to the bill, loses nothing, adds up, and leaves nothing behind', async () => {
    const demo = new Demo(folder);
    expect(await demo.exitCode, demo.output).toBe(0);

    expect(demo.output).toMatch(/The connection is cut in the middle of “.+”, at seq \d+/);
    expect(demo.output).toMatch(/✔ \d+ events, 0 missing, 0 doubled, 6 of 6 texts equal/);
    expect(demo.output).toMatch(/APPROVED/);
    expect(demo.output).toMatch(
      /✔ steps = run, messages = conversation, both = day: equal to the micro-dollar/,
    );
    // oxlint-disable-next-line no-control-regex -- their absence is the guarantee
    expect(demo.output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('stops what it started and removes what it wrote when it is interrupted', async () => {
    const demo = new Demo(folder);
    await eventually(() => expect(demo.output).toContain('A need, and the reply'), { timeoutMs: 30_000 });
    demo.interrupt();
    expect(await demo.exitCode).toBe(1);

    expect(demo.output).toContain('Ended by SIGINT');
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

/** The demo as its own process, without a terminal, with `folder` for temporary files. */
class Demo {
  output = '';
  readonly exitCode: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(folder: string) {
    const env = { ...process.env, ...OFFLINE, TMPDIR: folder };
    this.#child = spawn(process.execPath, ['demo/demo.ts'], { env });
    this.#child.stdout?.on('data', (text) => (this.output += text));
    this.#child.stderr?.on('data', (text) => (this.output += text));
    this.exitCode = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }
}

const OFFLINE = { DEFAULT_LLM_PROVIDER: 'OFFLINE', OFFLINE_TOKENS_PER_SECOND: '2000', PORT: '' };
