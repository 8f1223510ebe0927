import { withOperatorDatabase } from '../build/operator-database.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../errors.ts';
import { createDatabase, type Database } from '../infra/database.ts';
import { createJobs } from '../infra/jobs.ts';
import { createLogger } from '../infra/logger.ts';
import { applyMigrations, pendingMigrations } from '../infra/migrations.ts';

/** The migrated database of the server, for one command. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  return withOperatorDatabase(config, async (url) => {
    await applyMigrations(url);
    return useDatabase(url, config, work);
  });
}

/** The same for a command that only reads: the tables that it judges stay as they are. */
export async function withUnchangedDatabase<T>(
  config: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return withOperatorDatabase(config, async (url) => {
    const pending = await pendingMigrations(url);
    if (pending.length > 0)
      throw new ConfigError([`Migrations are pending: ${pending.join(', ')}. Apply them: npm run migrate`]);
    return useDatabase(url, config, work);
  });
}

async function useDatabase<T>(
  url: string,
  config: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const logger = createLogger(config.logLevel);
  const jobs = createJobs({ url, names: [], logger });
  const database = createDatabase({ url, logger, jobs, live: { publish: () => {} } });
  return work(database).finally(() => database.close());
}
