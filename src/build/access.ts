import type { AccessConfig } from '../config/access.ts';
import { type IssuerConfig, sharedSecretIssuer } from '../config/issuers.ts';
import type { StorageConfig } from '../config/storage.ts';
import { JwtVerifier } from '../core/jwt/jwt-verifier.ts';
import { MIN_SECRET_BYTES } from '../core/jwt/verification-key.ts';
import { RedisBypass } from '../core/throttle/redis-bypass.ts';
import { AppError, ConfigError } from '../errors.ts';
import { loadOrCreateSecretKey } from '../infra/data-dir.ts';
import type { Logger } from '../infra/logger.ts';
import type { Services } from '../kernel/context.ts';
import { ensureOperator } from '../modules/auth/accounts/operator.ts';
import { PasswordHasher } from '../modules/auth/accounts/passwords.ts';
import { createAuthenticators } from '../modules/auth/authenticators.ts';
import { Tokens } from '../modules/auth/sessions/tokens.ts';
import { SignInThrottle } from '../modules/auth/throttle/sign-in-throttle.ts';
import type { Storage } from './storage.ts';

/** Builds passwords, the throttle, tokens and authenticators. Creates the operator's account if the settings define one. */
export async function buildAccess(
  config: AccessConfig & Pick<StorageConfig, 'dataDir'>,
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
  if (config.admin) await ensureOperator({ database, passwords }, config.admin).catch(explainAdmin);
  const verifier = new JwtVerifier({
    issuers: trustedIssuers(config, secretKey, logger),
    clock,
    onError: ({ name }, error) =>
      logger.warn({ err: error, issuer: name }, 'the keys of an issuer could not be fetched'),
  });
  closers.defer(() => verifier.close());
  return {
    tokens,
    passwords,
    throttle: createThrottle(redis, logger),
    authenticators: createAuthenticators({
      database,
      tokens,
      verifier,
      defaultPlan: config.defaultPlan,
      logger,
    }),
    settings: {
      refreshTokenDays: config.refreshTokenDays,
      sessionMaxDays: config.sessionMaxDays,
      defaultPlan: config.defaultPlan,
    },
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

function createThrottle(redis: Storage['redis'], logger: Logger): SignInThrottle {
  const onError = (error: unknown) =>
    logger.warn({ err: error }, 'redis did not answer; each process throttles sign-ins alone for a while');
  return new SignInThrottle({ redis: redis && new RedisBypass(redis.redis, onError) });
}

/** An invalid account is a problem of the settings, which the operator corrects. */
function explainAdmin(error: unknown): never {
  if (error instanceof AppError) throw new ConfigError([`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`]);
  throw error;
}

type Access = Pick<Services, 'tokens' | 'passwords' | 'throttle' | 'authenticators' | 'settings'>;
