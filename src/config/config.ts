/**
 * Every setting, read once from the environment. `.env.example` lists them all with what they mean.
 */
import fs from 'node:fs';
import { z } from 'zod';
import {
  KEYED_PROVIDER_NAMES,
  type KeyedProviderName,
  PROVIDER_NAMES,
  type ProviderName,
} from '../core/llm/providers/registry.ts';
import { ConfigError } from '../errors.ts';

export interface Config {
  environment: 'development' | 'production' | 'test';
  /** `api` answers requests, `worker` does the work behind them, `all` both. */
  role: 'all' | 'api' | 'worker';
  host: string;
  port: number;
  /** Null: a Postgres of our own, in `dataDir`. */
  databaseUrl: string | null;
  /** Null: this process is the only one and keeps in memory what Redis would carry. */
  redisUrl: string | null;
  dataDir: string;
  /** Null, outside production only: one is made and kept in `dataDir`. */
  secretKey: string | null;
  /** Origins of web pages that may call the API. */
  corsOrigins: string[];
  /** Introspection and GraphiQL for everybody. */
  isSchemaPublic: boolean;
  accessTokenMinutes: number;
  refreshTokenDays: number;
  /** The first account of the operator's tenant, made at the first start. */
  admin: { email: string; password: string } | null;
  providers: Record<KeyedProviderName, ProviderAccess | null>;
  defaultProvider: ProviderName;
  /** Null: the provider's own default. */
  defaultModel: string | null;
  offlineTokensPerSecond: number;
  dataCollectorUrl: string | null;
  logLevel: LogLevel;
}

/** From the environment, and below it from a file `.env`. Errors: ConfigError with every problem at once. */
export function readConfig(env: NodeJS.ProcessEnv = environment()): Config {
  const settings = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = SETTINGS.safeParse(settings);
  const issues = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  const problems = [...issues, ...problemsBetween(settings)];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data);
}

const url = (protocols: string[], example: string) =>
  z
    .string()
    .refine(
      (text) => protocols.includes(URL.parse(text)?.protocol ?? ''),
      `must be a URL such as ${example}`,
    );

const webUrl = url(['http:', 'https:'], 'https://host/path').transform((text) => text.replace(/\/+$/, ''));

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((number) => number >= min && number <= max, `must be from ${min} to ${max}`);

const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const origins = z
  .string()
  .transform((text) =>
    text.trim().startsWith('[') ? parseJson(text) : text.split(',').map((part) => part.trim()),
  )
  .refine(
    (list): list is string[] =>
      Array.isArray(list) && list.every((text) => URL.parse(String(text))?.origin === text),
    'must list origins such as https://app.example.com, separated by commas or as a JSON array',
  );

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

const SETTINGS = z.object({
  NODE_ENV: oneOf(['development', 'production', 'test']).default('development'),
  ROLE: oneOf(['all', 'api', 'worker']).default('all'),
  HOST: z.string().optional(),
  PORT: wholeNumber(0, 65_535).default(9_000),
  // `postgresql+asyncpg://`, as other stacks write it, names the driver besides.
  DATABASE_URL: z
    .string()
    .transform((text) => text.replace(/^(postgres(?:ql)?)\+\w+:/, '$1:'))
    .pipe(url(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/database'))
    .optional(),
  REDIS_URL: url(['redis:', 'rediss:'], 'redis://host:6379/0').optional(),
  DATA_DIR: z.string().default('.data'),
  SECRET_KEY: z.string().optional(),
  CORS_ORIGINS: origins.optional(),
  ALLOWED_ORIGINS: origins.optional(),
  GRAPHIQL: z.stringbool({ error: 'must be true or false' }).optional(),
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 1_440).default(30),
  JWT_REFRESH_TOKEN_EXPIRE_DAYS: wholeNumber(1, 365).default(7),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().optional(),
  ...providerSettings(),
  DEFAULT_LLM_PROVIDER: z
    .string()
    .transform((text) => text.trim().toUpperCase())
    .pipe(oneOf(PROVIDER_NAMES))
    .optional(),
  DEFAULT_LLM_MODEL: z.string().optional(),
  OFFLINE_TOKENS_PER_SECOND: wholeNumber(1, 100_000).default(40),
  DATA_COLLECTOR_URL: webUrl.optional(),
  LOG_LEVEL: oneOf(LOG_LEVELS).optional(),
  DEBUG: z.string().optional(),
});

/** Two settings for each provider that is called with a key. */
function providerSettings() {
  const settings = KEYED_PROVIDER_NAMES.flatMap((name) => [
    [`${name}_API_KEY`, z.string().optional()],
    [`${name}_BASE_URL`, webUrl.optional()],
  ]);
  return Object.fromEntries(settings) as Record<
    `${KeyedProviderName}_API_KEY` | `${KeyedProviderName}_BASE_URL`,
    z.ZodOptional<z.ZodType<string, string>>
  >;
}

export const SETTING_NAMES = Object.keys(SETTINGS.shape);

function environment(): NodeJS.ProcessEnv {
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** What only shows in two settings together; reads the text itself, so that it counts whatever else is wrong. */
function problemsBetween(env: NodeJS.ProcessEnv): string[] {
  const production = env['NODE_ENV'] === 'production';
  const role = env['ROLE'] ?? 'all';
  const provider = env['DEFAULT_LLM_PROVIDER']?.trim().toUpperCase();
  const keyed = KEYED_PROVIDER_NAMES.find((name) => name === provider);
  const missing = ['DATABASE_URL', 'REDIS_URL'].filter((name) => !env[name]);
  const found: [boolean, string][] = [
    [
      production && !env['SECRET_KEY'],
      'SECRET_KEY is missing. Production needs one: openssl rand -base64 48',
    ],
    [
      production && isWeak(env['SECRET_KEY']),
      `SECRET_KEY is too weak: it needs ${MIN_SECRET_LENGTH} random characters. Make one: openssl rand -base64 48`,
    ],
    [
      role !== 'all' && missing.length > 0,
      `${missing.join(' and ')} must be set for ROLE=${role}: processes meet in Postgres and Redis. One process alone needs neither, as ROLE=all`,
    ],
    [
      keyed !== undefined && !env[`${keyed}_API_KEY`],
      `${keyed}_API_KEY must be set, because DEFAULT_LLM_PROVIDER is ${keyed}`,
    ],
    [
      production && !provider && KEYED_PROVIDER_NAMES.every((name) => !env[`${name}_API_KEY`]),
      `${KEYED_PROVIDER_NAMES.map((name) => `${name}_API_KEY`).join(', ')}: one of them must be set in production. To serve scripted answers there, say so: DEFAULT_LLM_PROVIDER=OFFLINE`,
    ],
    [!env['ADMIN_EMAIL'] !== !env['ADMIN_PASSWORD'], 'ADMIN_EMAIL and ADMIN_PASSWORD must be set together'],
  ];
  return found.filter(([isProblem]) => isProblem).map(([, problem]) => problem);
}

function toConfig(env: z.output<typeof SETTINGS>): Config {
  const production = env.NODE_ENV === 'production';
  const providers = providersIn(env);
  return {
    environment: env.NODE_ENV,
    role: env.ROLE,
    host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    databaseUrl: env.DATABASE_URL ?? null,
    redisUrl: env.REDIS_URL ?? null,
    dataDir: env.DATA_DIR,
    secretKey: env.SECRET_KEY ?? null,
    corsOrigins: env.CORS_ORIGINS ?? env.ALLOWED_ORIGINS ?? (production ? [] : ['http://localhost:3000']),
    isSchemaPublic: env.GRAPHIQL ?? !production,
    accessTokenMinutes: env.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
    refreshTokenDays: env.JWT_REFRESH_TOKEN_EXPIRE_DAYS,
    admin:
      env.ADMIN_EMAIL && env.ADMIN_PASSWORD ? { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD } : null,
    providers,
    defaultProvider:
      env.DEFAULT_LLM_PROVIDER ?? KEYED_PROVIDER_NAMES.find((name) => providers[name]) ?? 'OFFLINE',
    defaultModel: env.DEFAULT_LLM_MODEL ?? null,
    offlineTokensPerSecond: env.OFFLINE_TOKENS_PER_SECOND,
    dataCollectorUrl: env.DATA_COLLECTOR_URL ?? null,
    logLevel: env.LOG_LEVEL ?? (/^(1|true|yes|on)$/i.test(env.DEBUG ?? '') ? 'debug' : 'info'),
  };
}

function providersIn(env: z.output<typeof SETTINGS>): Config['providers'] {
  const found = KEYED_PROVIDER_NAMES.map((name) => {
    const apiKey = env[`${name}_API_KEY`];
    return [name, apiKey ? { apiKey, baseUrl: env[`${name}_BASE_URL`] ?? null } : null];
  });
  return Object.fromEntries(found) as Config['providers'];
}

/** Short, or of few characters: `changemechangemechangemechangeme`. */
function isWeak(secret: string | undefined): boolean {
  return (
    secret !== undefined &&
    (secret.length < MIN_SECRET_LENGTH || new Set(secret).size < MIN_DISTINCT_CHARACTERS)
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const MIN_SECRET_LENGTH = 32;
const MIN_DISTINCT_CHARACTERS = 10;

export interface ProviderAccess {
  apiKey: string;
  /** Null: the provider's own. */
  baseUrl: string | null;
}

export type LogLevel = (typeof LOG_LEVELS)[number];
