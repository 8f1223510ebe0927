import { type Environment, oneOf, type Parsed, text } from './setting.ts';

/** The role of the process and its log level. */
export interface ProcessConfig {
  environment: 'development' | 'production' | 'test';
  /** `api` serves requests, `worker` runs pipelines and writes replies, `all` does both. */
  role: 'all' | 'api' | 'worker';
  logLevel: (typeof LOG_LEVELS)[number];
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export const PROCESS_SETTINGS = {
  NODE_ENV: oneOf(['development', 'production', 'test']).default('development'),
  ROLE: oneOf(['all', 'api', 'worker']).default('all'),
  LOG_LEVEL: oneOf(LOG_LEVELS).optional(),
  DEBUG: text,
};

export function processProblems(env: Environment): string[] {
  const role = env['ROLE'] ?? 'all';
  const missing = ['DATABASE_URL', 'REDIS_URL'].filter((name) => !env[name]);
  if (role === 'all' || missing.length === 0) return [];
  return [
    `${missing.join(' and ')} must be set for ROLE=${role}, because processes share Postgres and Redis. A single process with ROLE=all needs neither`,
  ];
}

export function processConfig(env: Parsed<typeof PROCESS_SETTINGS>): ProcessConfig {
  const isDebug = /^(1|true|yes|on)$/i.test(env.DEBUG ?? '');
  return {
    environment: env.NODE_ENV,
    role: env.ROLE,
    logLevel: env.LOG_LEVEL ?? (isDebug ? 'debug' : 'info'),
  };
}
