import type { AddressInfo } from 'node:net';
import { buildAccess } from './build/access.ts';
import { buildKeys } from './build/keys.ts';
import { buildLlm } from './build/llm.ts';
import { buildServer } from './build/server.ts';
import { buildSignals, listenForSignals } from './build/signals.ts';
import { buildStorage } from './build/storage.ts';
import { buildSources, startWorkers } from './build/work.ts';
import type { Config } from './config/config.ts';
import { createLogger } from './infra/logger.ts';
import type { Services } from './kernel/context.ts';
import { storeStarters } from './modules/templates/store-starters.ts';

/**
 * Builds and connects all parts of the application. Closes them in reverse order, also when a later part fails to
 * start: the server first, then the workers, the database last.
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
  const { keys, ...keyring } = await buildKeys(config, { ...storage, logger }, closers);
  const llm = buildLlm(config, overrides, { logger, keys });
  const access = await buildAccess(config, { ...storage, redis, logger, clock }, closers);
  const services: Services = {
    ...storage,
    ...keyring,
    ...llm,
    ...access,
    ...buildSignals(config, { redis, clock }),
    ...buildSources(config),
    logger,
    clock,
  };
  await storeStarters(services);
  await startWorkers(config, { services, jobs }, closers);
  listenForSignals(config, services, closers);
  const server = buildServer(config, { services, jobs, redis }, closers);
  return {
    services,
    listen: async () => (server ? server.listen(config) : null),
    close: () => closers.disposeAsync(),
  };
}

export interface App {
  services: Services;
  /** Starts the server and resolves to its address. Null for the role `worker`, which has no server. */
  listen(): Promise<Pick<AddressInfo, 'address' | 'port'> | null>;
  /** Hands work over, closes connections, and stops everything that `createApp` started. */
  close(): Promise<void>;
}

/** Parts that tests can replace. */
export type Overrides = Partial<Pick<Services, 'logger' | 'clock' | 'router'>>;
