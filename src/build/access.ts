import type { AccessConfig } from '../config/access.ts';
import type { StorageConfig } from '../config/storage.ts';
import { AppError, ConfigError } from '../errors.ts';
import { loadOrCreateSecretKey } from '../infra/data-dir.ts';
import type { Services } from '../kernel/context.ts';
import { ensureOperator } from '../modules/auth/accounts/operator.ts';
import { PasswordHasher } from '../modules/auth/accounts/passwords.ts';
import { createAuthenticators } from '../modules/auth/authenticators.ts';
import { Tokens } from '../modules/auth/sessions/tokens.ts';

/** Builds passwords, tokens and authenticators. Creates the operator's account if the settings define one. */
export async function buildAccess(
  config: AccessConfig & Pick<StorageConfig, 'dataDir'>,
  { database, clock }: Pick<Services, 'database' | 'clock'>,
): Promise<Access> {
  const tokens = new Tokens({
    secretKey: config.secretKey ?? loadOrCreateSecretKey(config.dataDir),
    accessTokenMinutes: config.accessTokenMinutes,
    clock,
  });
  const passwords = new PasswordHasher();
  if (config.admin) await ensureOperator({ database, passwords }, config.admin).catch(explainAdmin);
  return {
    tokens,
    passwords,
    authenticators: createAuthenticators({ database, tokens }),
    settings: {
      refreshTokenDays: config.refreshTokenDays,
      sessionMaxDays: config.sessionMaxDays,
      defaultPlan: config.defaultPlan,
    },
  };
}

/** An invalid account is a problem of the settings, which the operator corrects. */
function explainAdmin(error: unknown): never {
  if (error instanceof AppError) throw new ConfigError([`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`]);
  throw error;
}

type Access = Pick<Services, 'tokens' | 'passwords' | 'authenticators' | 'settings'>;
