import type { AddressInfo } from 'node:net';
import { buildAccess } from './build/access.ts';
import { buildLlm } from './build/llm.ts';
import { buildServer } from './build/server.ts';
import { buildStorage } from './build/storage.ts';
import { buildSources, startWorkers } from './build/work.ts';
import type { Config } from './config/config.ts';
import { createLogger } from './infra/logger.ts';
import type { Services } from './kernel/context.ts';

/**
 * Builds every part and joins them; the only place where that happens. What was opened is closed in the reverse
 * order, also when a later part fails to start: readers first, then workers, the database last.
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const closers = new AsyncDisposableStack();
  try {
    return await compose(config, overrides, closers);
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

async function compose(config: Config, overrides: Overrides, closers: AsyncDisposableStack): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const clock = overrides.clock ?? (() => new Date());
  const { jobs, redis, ...storage } = await buildStorage(config, { logger }, closers);
  const llm = buildLlm(config, overrides);
  const access = await buildAccess(config, { ...storage, clock });
  const services: Services = { ...storage, ...llm, ...access, ...buildSources(config), logger, clock };
  await startWorkers(config, { services, jobs }, closers);
  const server = buildServer(config, { services, jobs, redis }, closers);
  return {
    services,
    listen: async () => (server ? server.listen(config) : null),
    close: () => closers.disposeAsync(),
  };
}

export interface App {
  services: Services;
  /** Null for a worker, which serves nothing. */
  listen(): Promise<Pick<AddressInfo, 'address' | 'port'> | null>;
  /** Hands runs over, ends connections, stops what was started. */
  close(): Promise<void>;
}

/** Parts that tests put in place of the built ones. */
export type Overrides = Partial<Pick<Services, 'logger' | 'clock' | 'router'>>;
