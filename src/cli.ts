/**
 * The operator's commands: `npm run migrate`, `npm run create-admin` and others, with the settings of the server
 * (`.env.example`).
 */
import { withOperatorDatabase } from './build/operator-database.ts';
import { accountLink } from './commands/account-link.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { checkConfig } from './commands/check-config.ts';
import { clearRateLimits } from './commands/clear-rate-limits.ts';
import { withDatabase } from './commands/database.ts';
import { denyToken } from './commands/deny-token.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { ledgerVerify } from './commands/ledger-verify.ts';
import { printSchemaFile } from './commands/print-schema.ts';
import { type Config, readConfig } from './config/config.ts';
import { AppError, ConfigError } from './errors.ts';
import { applyMigrations, pendingMigrations } from './infra/migrations.ts';
import { ensureOperator } from './modules/auth/accounts/operator.ts';
import { PasswordHasher } from './modules/auth/accounts/passwords.ts';

const USAGE = `Commands:
  migrate [deploy]   applies pending migrations
  migrate status     lists pending migrations; exits with 1 if there are any
  create-admin       creates the operator's account from ADMIN_EMAIL and ADMIN_PASSWORD
  account-link reset|verify <email>
                     makes a link that resets the password of an account, or verifies its address
  check-config       prints the effective settings without secrets, and the default model; exits with 1 and the problems
                     if there are any
  deny-token         refuses tokens of another issuer from now on:
    --issuer <name> --jti <id>
                     one token
    --issuer <name> --subject <user id> [--tenant <id>] [--issued-by <time>]
                     all of a user that were issued up to now, or to a time
  audit:verify [--expect <file>]
                     verifies the audit log of every tenant; exits with 1 and the first broken entries if there are any.
                     With the output of an earlier run, also finds a log whose end was cut off
  keys:rotate        encrypts all stored provider keys anew with ENCRYPTION_KEY; exits with 1 if one cannot be read.
                     Safe while the server runs; can be stopped and repeated
  ledger:verify [--repair]
                     verifies that steps, runs, replies and days add up, and that the counters of the limits are those
                     of the ledger; exits with 1 and what is wrong if there is anything. With --repair, sets the counters
                     from the ledger
  rate-limits clear [<email or user id>]
                     makes the rate limits of all callers begin again, or those of one user and their API keys
  schema             writes the GraphQL schema and the type information for Apollo's cache to schema/`;

async function run([command, ...args]: string[]): Promise<number> {
  const [action] = args;
  if (command === 'migrate' && (action === undefined || action === 'deploy')) return migrate();
  if (command === 'migrate' && action === 'status') return migrationStatus();
  if (command === 'create-admin') return createAdmin(readConfig());
  if (command === 'account-link') return (await accountLink(args)) ?? explainUsage();
  if (command === 'check-config') return checkConfig();
  if (command === 'deny-token') return denyToken(readConfig(), args);
  if (command === 'audit:verify') return auditVerify(readConfig(), args);
  if (command === 'keys:rotate') return keysRotate(readConfig());
  if (command === 'ledger:verify') return ledgerVerify(readConfig(), args);
  if (command === 'rate-limits' && action === 'clear' && args.length <= 2)
    return clearRateLimits(readConfig(), args[1]);
  if (command === 'schema') return printSchemaFile();
  return explainUsage();
}

function explainUsage(): number {
  console.error(USAGE);
  return 2;
}

async function migrate(): Promise<number> {
  const applied = await withOperatorDatabase(readConfig(), applyMigrations);
  list('Applied', applied);
  return 0;
}

async function migrationStatus(): Promise<number> {
  const pending = await withOperatorDatabase(readConfig(), pendingMigrations);
  list('Pending', pending);
  return pending.length > 0 ? 1 : 0;
}

function list(heading: string, names: readonly string[]): void {
  if (names.length === 0) console.log('Nothing to do: the migrations are up to date.');
  for (const name of names) console.log(`${heading}: ${name}`);
}

async function createAdmin(config: Config): Promise<number> {
  const { admin } = config;
  if (!admin) throw new ConfigError(['ADMIN_EMAIL and ADMIN_PASSWORD must be set']);
  const passwords = new PasswordHasher();
  const { email } = await withDatabase(config, (database) => ensureOperator({ database, passwords }, admin));
  console.log(`${email} is an ADMIN of the operator's tenant.`);
  return 0;
}

function isUnknownOption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof AppError || isUnknownOption(error);
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
