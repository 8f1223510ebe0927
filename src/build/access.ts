import type { AccessConfig } from '../config/access.ts';
import { type IssuerConfig, sharedSecretIssuer } from '../config/issuers.ts';
import type { LimitsConfig } from '../config/limits.ts';
import type { MailConfig } from '../config/mail.ts';
import type { ProcessConfig } from '../config/process.ts';
import type { StorageConfig } from '../config/storage.ts';
import { JwtVerifier } from '../core/jwt/jwt-verifier.ts';
import { MIN_SECRET_BYTES } from '../core/jwt/verification-key.ts';
import type { RedisConnection } from '../core/redis.ts';
import { RedisBypass } from '../core/throttle/redis-bypass.ts';
import { ConfigError, ConflictError, ValidationError } from '../errors.ts';
import { loadOrCreateSecretKey } from '../infra/data-dir.ts';
import type { Logger } from '../infra/logger.ts';
import type { Services, Settings } from '../kernel/context.ts';
import { ensureFirstOperator } from '../modules/auth/accounts/operator.ts';
import { PasswordHasher } from '../modules/auth/accounts/passwords.ts';
import { createAuthenticators } from '../modules/auth/authenticators.ts';
import { CheckedCredentials } from '../modules/auth/checked-credentials.ts';
import { Tokens } from '../modules/auth/sessions/tokens.ts';
import { SignInThrottle } from '../modules/auth/throttle/sign-in-throttle.ts';
import { RateLimiter } from '../modules/limits/rate-limiter.ts';
import { buildMail } from './mail.ts';
import type { Storage } from './storage.ts';

/** Builds passwords, the throttle, the rate limiter, tokens, authenticators and mail. Creates the operator's first account if the settings define one. */
export async function buildAccess(
  config: Config,
  {
    database,
    redis,
    logger,
    clock,
  }: Pick<Services, 'database' | 'logger' | 'clock'> & Pick<Storage, 'redis'>,
  closers: AsyncDisposableStack,
): Promise<Access> {
  const secretKey = config.secretKey ?? loadOrCreateSecretKey(config.dataDir);
  const tokens = new Tokens({ secretKey, accessTokenMinutes: config.accessTokenMinutes, clock });
  const passwords = new PasswordHasher();
  if (config.admin) {
    const explain = (error: unknown) => explainAdmin(error, logger);
    await ensureFirstOperator({ database, passwords }, config.admin).catch(explain);
  }
  const verifier = new JwtVerifier({
    issuers: trustedIssuers(config, secretKey, logger),
    clock,
    onError: ({ name }, error) =>
      logger.warn({ err: error, issuer: name }, 'the keys of an issuer could not be fetched'),
  });
  closers.defer(() => verifier.close());
  const shared = redis && redisBypass(redis, logger);
  const rateLimiter = new RateLimiter({ ...config.rateLimits, redis: shared });
  closers.defer(() => rateLimiter.close());
  return {
    tokens,
    passwords,
    throttle: new SignInThrottle({ redis: shared }),
    rateLimiter,
    authenticators: createAuthenticators({
      database,
      tokens,
      verifier,
      defaultPlan: config.defaultPlan,
      logger,
    }),
    checkedCredentials: new CheckedCredentials({ clock }),
    accountMail: buildMail(config, logger, closers),
    settings: settingsOf(config),
  };
}

function settingsOf(config: Config): Settings {
  const isProduction = config.environment === 'production';
  return {
    refreshTokenDays: config.refreshTokenDays,
    sessionMaxDays: config.sessionMaxDays,
    defaultPlan: config.defaultPlan,
    registration: config.registration,
    operatorEmail: config.admin?.email.toLowerCase() ?? null,
    hidesAccounts: isProduction || config.smtpUrl !== null,
    requiresVerifiedEmail: isProduction,
    serverCostPerDayMicros: config.maxCostPerDayMicros,
  };
}

/** Outside production, SECRET_KEY may be too short to share. Then it signs our own tokens only. */
function trustedIssuers(
  { issuers, isSharedSecretLogin, jwtSecretKey }: AccessConfig,
  secretKey: string,
  logger: Pick<Logger, 'warn'>,
): IssuerConfig[] {
  if (!isSharedSecretLogin) return issuers;
  const secret = jwtSecretKey ?? secretKey;
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return [sharedSecretIssuer(secret), ...issuers];
  logger.warn(
    `SECRET_KEY is shorter than ${MIN_SECRET_BYTES} bytes: tokens that other services sign with it are refused`,
  );
  return issuers;
}

/** One for the throttle and the rate limiter: what one of them finds out about Redis spares the other the wait. */
function redisBypass({ redis }: RedisConnection, logger: Logger): RedisBypass {
  return new RedisBypass(redis, (error) =>
    logger.warn(
      { err: error },
      'redis did not answer; each process counts requests and sign-ins alone for a while',
    ),
  );
}

/**
 * An invalid account is a problem of the settings, which the operator corrects. One that somebody else has is only
 * logged: nobody may keep the server from starting by taking an address.
 */
function explainAdmin(error: unknown, logger: Logger): void {
  if (error instanceof ConflictError)
    return logger.error(`ADMIN_EMAIL: the operator's account was not created. ${error.message}`);
  if (error instanceof ValidationError)
    throw new ConfigError([`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`]);
  throw error;
}

type Config = AccessConfig &
  MailConfig &
  LimitsConfig &
  Pick<ProcessConfig, 'environment'> &
  Pick<StorageConfig, 'dataDir'>;
type Access = Pick<
  Services,
  | 'tokens'
  | 'passwords'
  | 'throttle'
  | 'rateLimiter'
  | 'authenticators'
  | 'checkedCredentials'
  | 'accountMail'
  | 'settings'
>;
