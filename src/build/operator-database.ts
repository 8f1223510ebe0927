import path from 'node:path';
import type { StorageConfig } from '../config/storage.ts';
import { lockDataDir } from '../infra/data-dir.ts';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../infra/embedded-postgres.ts';

/**
 * Runs an operator's command on the server's database. Without DATABASE_URL, it uses the embedded Postgres of DATA_DIR:
 * the one of a running server, or one that it starts for this command.
 */
export async function withOperatorDatabase<T>(
  { databaseUrl, dataDir }: StorageConfig,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const folder = path.resolve(dataDir, 'postgres');
  const runningUrl = databaseUrl ?? findEmbeddedPostgres(folder);
  if (runningUrl) return work(runningUrl);
  const lock = lockDataDir(dataDir);
  try {
    const postgres = await startEmbeddedPostgres({ folder });
    return await work(postgres.url).finally(() => postgres.stop());
  } finally {
    lock.release();
  }
}
