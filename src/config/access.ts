import { z } from 'zod';
import { MIN_SECRET_BYTES } from '../core/jwt/verification-key.ts';
import { isPrivateHost } from '../core/network/address.ts';
import { Plan } from '../generated/prisma/enums.ts';
import { type IssuerConfig, issuers } from './issuers.ts';
import type { PROCESS_SETTINGS } from './process.ts';
import { guessableBy, keyWeaknessOf, readKeyBytes, weaknessOf } from './secrets.ts';
import {
  emailAddress,
  type Environment,
  flag,
  list,
  oneOf,
  type Parsed,
  text,
  wholeNumber,
} from './setting.ts';

const MAKE_SECRET = 'openssl rand -base64 48';
const MAKE_KEY = 'openssl rand -base64 32';
const MAKE_PASSWORD = 'openssl rand -base64 18';

/** Secrets, sessions, other issuers and the operator's account. */
export interface AccessConfig {
  /** Null only outside production: a key is generated and stored in `dataDir`. */
  secretKey: string | null;
  /** The 32 bytes that seal users' provider keys. Null only outside production: they are generated in `dataDir`. */
  encryptionKey: Buffer | null;
  /** Earlier ones, which still open what they have sealed. */
  oldEncryptionKeys: Buffer[];
  accessTokenMinutes: number;
  refreshTokenDays: number;
  sessionMaxDays: number;
  /** The plan of new accounts. */
  defaultPlan: Plan;
  /** The issuers of JWT_ISSUERS. */
  issuers: IssuerConfig[];
  /** Whether tokens signed with the shared secret sign in. */
  isSharedSecretLogin: boolean;
  /** The shared secret. Null: it is `secretKey`. */
  jwtSecretKey: string | null;
  /** What decisions on Redis are signed with. Null: none is published or taken. */
  hitlSharedSecret: string | null;
  /** Who may register: everybody, those with an invitation, or nobody. */
  registration: (typeof REGISTRATIONS)[number];
  /** The first account of the operator's tenant, created at the first start. */
  admin: AdminConfig | null;
}

const REGISTRATIONS = ['open', 'invite', 'closed'] as const;

const sharedSecret = text.refine(
  (secret) => secret === undefined || isLongEnough(secret),
  `must have at least ${MIN_SECRET_BYTES} bytes`,
);

export const ACCESS_SETTINGS = {
  SECRET_KEY: text,
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: wholeNumber(1, 1_440).default(30),
  JWT_REFRESH_TOKEN_EXPIRE_DAYS: wholeNumber(1, 365).default(7),
  SESSION_MAX_DAYS: wholeNumber(1, 3_650).default(30),
  JWT_SHARED_SECRET_LOGIN: flag.default(true),
  JWT_SECRET_KEY: sharedSecret,
  JWT_ALGORITHM: z
    .literal('HS256', {
      error: 'must be HS256, the algorithm of a shared secret. Other algorithms need an entry in JWT_ISSUERS',
    })
    .default('HS256'),
  JWT_ISSUERS: issuers,
  HITL_SHARED_SECRET: sharedSecret,
  ENCRYPTION_KEY: text.refine(
    (key) => key === undefined || readKeyBytes(key) !== null,
    `must be 32 bytes in base64 or hex. Generate one: ${MAKE_KEY}`,
  ),
  ENCRYPTION_KEYS_OLD: list(
    (key) => readKeyBytes(key) !== null,
    'must list keys of 32 bytes in base64 or hex, separated by commas or as a JSON array',
  ),
  DEFAULT_PLAN: oneOf(Object.values(Plan)).optional(),
  REGISTRATION: oneOf(REGISTRATIONS).optional(),
  ADMIN_EMAIL: emailAddress,
  ADMIN_PASSWORD: text,
};

export function accessProblems(env: Environment): string[] {
  const problems = env['NODE_ENV'] === 'production' ? productionProblems(env) : [];
  if (!env['ADMIN_EMAIL'] !== !env['ADMIN_PASSWORD'])
    problems.push('ADMIN_EMAIL and ADMIN_PASSWORD must be set together');
  if (env['HITL_SHARED_SECRET'] && !env['REDIS_URL'])
    problems.push('REDIS_URL must be set for HITL_SHARED_SECRET: decisions are published there');
  return problems;
}

export function accessConfig(env: Parsed<typeof ACCESS_SETTINGS & typeof PROCESS_SETTINGS>): AccessConfig {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = env;
  return {
    secretKey: env.SECRET_KEY ?? null,
    encryptionKey: env.ENCRYPTION_KEY === undefined ? null : readKeyBytes(env.ENCRYPTION_KEY),
    oldEncryptionKeys: (env.ENCRYPTION_KEYS_OLD ?? []).flatMap((key) => readKeyBytes(key) ?? []),
    accessTokenMinutes: env.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
    refreshTokenDays: env.JWT_REFRESH_TOKEN_EXPIRE_DAYS,
    sessionMaxDays: env.SESSION_MAX_DAYS,
    // So that the fourth run of somebody who tries the product is not refused.
    defaultPlan: env.DEFAULT_PLAN ?? (env.NODE_ENV === 'development' ? 'PRO' : 'FREE'),
    issuers: env.JWT_ISSUERS ?? [],
    isSharedSecretLogin: env.JWT_SHARED_SECRET_LOGIN,
    jwtSecretKey: env.JWT_SECRET_KEY ?? null,
    hitlSharedSecret: env.HITL_SHARED_SECRET ?? null,
    registration: env.REGISTRATION ?? (env.NODE_ENV === 'production' ? 'closed' : 'open'),
    admin: email && password ? { email, password } : null,
  };
}

/** Production starts only with secrets of its own that nobody can guess. One line each. */
function productionProblems(env: Environment): string[] {
  const problemOf = (name: string, weakness: (secret: string) => string | null, make: string) => {
    const problem = env[name] && weakness(env[name]);
    return problem ? [`${name} ${problem}. Generate one: ${make}`] : [];
  };
  const missing = [
    ['SECRET_KEY', MAKE_SECRET],
    ['ENCRYPTION_KEY', MAKE_KEY],
  ].filter(([name]) => !env[name!]);
  return [
    ...missing.map(([name, make]) => `${name} is required in production. Generate one: ${make}`),
    ...problemOf('SECRET_KEY', weaknessOf, MAKE_SECRET),
    ...SHARED_SECRETS.flatMap((name) => problemOf(name, weaknessOfShared, MAKE_SECRET)),
    ...sharedKeyProblems(env),
    ...problemOf('ENCRYPTION_KEY', keyWeaknessOf, MAKE_KEY),
    ...problemOf('ADMIN_PASSWORD', guessableBy, MAKE_PASSWORD),
    ...issuerProblems(env['JWT_ISSUERS']),
  ];
}

const SHARED_SECRETS = ['JWT_SECRET_KEY', 'HITL_SHARED_SECRET'] as const;

/** One that is too short is named before, in every environment. */
function weaknessOfShared(secret: string): string | null {
  return isLongEnough(secret) ? weaknessOf(secret) : null;
}

/** A secret of its own was meant, and what another service knows would also sign the tokens of our sessions. */
function sharedKeyProblems(env: Environment): string[] {
  const own = env['SECRET_KEY'];
  if (!own) return [];
  return SHARED_SECRETS.filter((name) => env[name] === own).map(
    (name) => `${name} must not be the same as SECRET_KEY. Generate one: ${MAKE_SECRET}`,
  );
}

function issuerProblems(setting: string | undefined): string[] {
  const parsed = issuers.safeParse(setting);
  return (parsed.data ?? []).flatMap(({ name, key }) => {
    if ('jwksUrl' in key && !isTrustworthy(new URL(key.jwksUrl)))
      return [
        `JWT_ISSUERS: the jwksUrl of ${name} must use https, except for localhost and private addresses`,
      ];
    const weakness = 'secret' in key ? weaknessOf(key.secret) : null;
    return weakness ? [`JWT_ISSUERS: the secret of ${name} ${weakness}. Generate one: ${MAKE_SECRET}`] : [];
  });
}

/** Whoever is on the way could put keys of their own into an answer over plain http. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isPrivateHost(hostname);
}

function isLongEnough(secret: string): boolean {
  return Buffer.byteLength(secret) >= MIN_SECRET_BYTES;
}

export interface AdminConfig {
  email: string;
  password: string;
}
