import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { findEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { WITHOUT_RATE_LIMITS } from '../../tools/product/rate-limits.ts';
import { type RunningServer, startServer } from './running-server.ts';

/** The product as `npm start` runs it, API and workers in one process, with its own Postgres in `folder`. */
export function startProduct(folder: string, settings: NodeJS.ProcessEnv = {}): Promise<RunningServer> {
  return startServer({ folder, settings: { DATA_DIR: folder, ...settings } });
}

/** What a real installation sets; libraries leave out their checks for developers then. */
export const PRODUCTION: NodeJS.ProcessEnv = {
  NODE_ENV: 'production',
  MAX_COST_PER_DAY: '1000000',
  SECRET_KEY: randomBytes(48).toString('base64'),
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
  REGISTRATION: 'open',
  ...WITHOUT_RATE_LIMITS,
};

/** Settings that make a provider of `provider.ts` the product's only one. */
export function providerSettings(provider: RunningServer): NodeJS.ProcessEnv {
  return { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${provider.url}/v1`, DEFAULT_LLM_PROVIDER: 'OPENAI' };
}

/** The URL of the product's Postgres. */
export function databaseOf(folder: string): string {
  const url = findEmbeddedPostgres(path.join(folder, 'postgres'));
  if (!url) throw new Error(`no Postgres runs in ${folder}`);
  return url;
}
