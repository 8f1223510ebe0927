import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { findEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { ServerProcess } from './server-process.ts';

/** The product as `npm start` runs it, API and workers in one process, with its own Postgres in `folder`. */
export function startProduct(folder: string, settings: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  return ServerProcess.start({
    script: 'src/main.ts',
    folder,
    settings: { DATA_DIR: folder, LOG_LEVEL: 'warn', ...settings },
  });
}

/** What a real installation sets; libraries leave out their checks for developers then. */
export const PRODUCTION: NodeJS.ProcessEnv = {
  NODE_ENV: 'production',
  SECRET_KEY: randomBytes(48).toString('base64'),
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
};

/** Settings that make a provider of `provider.ts` the product's only one. */
export function providerSettings(provider: ServerProcess): NodeJS.ProcessEnv {
  return { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `${provider.url}/v1`, DEFAULT_LLM_PROVIDER: 'OPENAI' };
}

/** The URL of the product's Postgres. */
export function databaseOf(folder: string): string {
  const url = findEmbeddedPostgres(path.join(folder, 'postgres'));
  if (!url) throw new Error(`no Postgres runs in ${folder}`);
  return url;
}
