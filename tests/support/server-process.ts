import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { App } from '../../src/app.ts';
import { WITHOUT_RATE_LIMITS } from '../../tools/product/rate-limits.ts';
import { type Address, ServerProcess } from '../../tools/product/server-process.ts';

/** For a file: real processes in a separate folder, which are stopped after the tests of the file. */
export function testProcesses(settings: Record<string, string> = {}): TestProcesses {
  const started: TestProcess[] = [];
  let folder = '';
  beforeAll(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-process-'))));
  afterAll(async () => {
    await Promise.all(started.map((process) => process.close()));
    await fs.rm(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    start(more = {}) {
      const process = new TestProcess({
        folder,
        settings: { NODE_ENV: 'test', ...WITHOUT_RATE_LIMITS, ...settings, ...more },
      });
      started.push(process);
      return process;
    },
  };
}

/** An app for `TestApp.start`, whose services are not accessible. */
export class TestProcess extends ServerProcess implements App {
  listen(): Promise<Address | null> {
    return this.ready();
  }

  get services(): never {
    throw new Error('the parts of another process are out of reach');
  }
}

export interface TestProcesses {
  /** The folder of the processes. Exists during tests and hooks. */
  readonly folder: string;
  start(settings?: Record<string, string>): TestProcess;
}
