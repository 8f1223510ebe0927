import { z } from 'zod';
import { type Parsed, url } from './setting.ts';

/** Where data is stored. */
export interface StorageConfig {
  /** Null: an embedded Postgres in `dataDir`. */
  databaseUrl: string | null;
  /** Null: live events stay in the memory of this process, which must be the only one. */
  redisUrl: string | null;
  /** The folder of the embedded Postgres and of the generated secret key. */
  dataDir: string;
}

export const STORAGE_SETTINGS = {
  // Other stacks add a driver to the scheme: `postgresql+asyncpg://`.
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
