import { z } from 'zod';
import { type Parsed, url } from './setting.ts';

/** Where things are kept. */
export interface StorageConfig {
  /** Null: an embedded Postgres in `dataDir`. */
  databaseUrl: string | null;
  /** Null: this process is the only one and keeps in memory what Redis would carry. */
  redisUrl: string | null;
  /** The folder for what a start without a database or a secret key makes for itself. */
  dataDir: string;
}

export const STORAGE_SETTINGS = {
  // `postgresql+asyncpg://`, as other stacks write it, also names a driver.
  DATABASE_URL: z
    .string()
    .transform((value) => value.replace(/^(postgres(?:ql)?)\+\w+:/, '$1:'))
    .pipe(url(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/database'))
    .optional(),
  REDIS_URL: url(['redis:', 'rediss:'], 'redis://host:6379/0').optional(),
  DATA_DIR: z.string().default('.data'),
};

export function storageConfig(env: Parsed<typeof STORAGE_SETTINGS>): StorageConfig {
  return {
    databaseUrl: env.DATABASE_URL ?? null,
    redisUrl: env.REDIS_URL ?? null,
    dataDir: env.DATA_DIR,
  };
}
