import { Writable } from 'node:stream';
import { afterAll } from 'vitest';
import { createApp, type Overrides } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/infra/logger.ts';
import { TestApp } from './app.ts';
import { testDatabase } from './database.ts';
import { WITHOUT_RATE_LIMITS } from '../../tools/product/rate-limits.ts';

/**
 * For a file or a describe: apps on one database, like separate processes. Tests start and close them; those still open
 * are closed after the test.
 */
export function testInstances(overrides: Overrides = {}): TestInstances {
  const database = testDatabase();
  const apps: TestApp[] = [];
  afterAll(() => Promise.all(apps.map((app) => app.close())));
  return {
    databaseUrl: database.url,
    async start(config = {}, more = {}) {
      const settings = readConfig({ ...ENVIRONMENT, DATABASE_URL: database.url });
      const logs: string[] = [];
      const output = new Writable({ write: (line, _encoding, done) => (logs.push(String(line)), done()) });
      const app = new TestApp(logs);
      apps.push(app);
      await app.start(
        await createApp(
          { ...settings, ...config },
          {
            logger: createLogger('info', output),
            ...overrides,
            ...more,
          },
        ),
      );
      return app;
    },
  };
}

export const TEST_SECRET_KEY = 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz';

const ENVIRONMENT = {
  NODE_ENV: 'test',
  PORT: '0',
  HOST: '127.0.0.1',
  SECRET_KEY: TEST_SECRET_KEY,
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
  ...WITHOUT_RATE_LIMITS,
};

export interface TestInstances {
  databaseUrl: string;
  /** `more`: parts of this one process, such as its clock. */
  start(config?: Partial<Config>, more?: Overrides): Promise<TestApp>;
}
