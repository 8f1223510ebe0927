import { Plan } from '../generated/prisma/enums.ts';
import type { PROCESS_SETTINGS } from './process.ts';
import { emailAddress, type Environment, oneOf, type Parsed, text, wholeNumber } from './setting.ts';

/** Secrets, sessions and the operator's account. */
export interface AccessConfig {
  /** Null only outside production: a key is generated and stored in `dataDir`. */
  secretKey: string | null;
  accessTokenMinutes: number;
  refreshTokenDays: number;
  sessionMaxDays: number;
  /** The plan of new accounts. */
  defaultPlan: Plan;
  /** The first account of the operator's tenant, created at the first start. */
  admin: AdminConfig | null;
}

export const ACCESS_SETTINGS = {
  SECRET_KEY: text,
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 1_440).default(30),
  JWT_REFRESH_TOKEN_EXPIRE_DAYS: wholeNumber(1, 365).default(7),
  SESSION_MAX_DAYS: wholeNumber(1, 3_650).default(30),
  DEFAULT_PLAN: oneOf(Object.values(Plan)).optional(),
  ADMIN_EMAIL: emailAddress,
  ADMIN_PASSWORD: text,
};

export function accessProblems(env: Environment): string[] {
  const problems: string[] = [];
  const secretKey = env['SECRET_KEY'];
  if (env['NODE_ENV'] === 'production' && !secretKey)
    problems.push(`SECRET_KEY is required in production. Generate one: ${MAKE_SECRET}`);
  if (env['NODE_ENV'] === 'production' && secretKey && isWeak(secretKey))
    problems.push(
      `SECRET_KEY is too weak: use at least ${MIN_SECRET_LENGTH} random characters. Generate one: ${MAKE_SECRET}`,
    );
  if (!env['ADMIN_EMAIL'] !== !env['ADMIN_PASSWORD'])
    problems.push('ADMIN_EMAIL and ADMIN_PASSWORD must be set together');
  return problems;
}

export function accessConfig(env: Parsed<typeof ACCESS_SETTINGS & typeof PROCESS_SETTINGS>): AccessConfig {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = env;
  return {
    secretKey: env.SECRET_KEY ?? null,
    accessTokenMinutes: env.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
    refreshTokenDays: env.JWT_REFRESH_TOKEN_EXPIRE_DAYS,
    sessionMaxDays: env.SESSION_MAX_DAYS,
    // So that the fourth run of somebody who tries the product is not refused.
    defaultPlan: env.DEFAULT_PLAN ?? (env.NODE_ENV === 'development' ? 'PRO' : 'FREE'),
    admin: email && password ? { email, password } : null,
  };
}

/** Too short, or with too few different characters, e.g. `changemechangemechangemechangeme`. */
function isWeak(secret: string): boolean {
  return secret.length < MIN_SECRET_LENGTH || new Set(secret).size < MIN_DISTINCT_CHARACTERS;
}

const MAKE_SECRET = 'openssl rand -base64 48';
const MIN_SECRET_LENGTH = 32;
const MIN_DISTINCT_CHARACTERS = 10;

export interface AdminConfig {
  email: string;
  password: string;
}
