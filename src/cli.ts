/**
 * The operator's commands: `npm run migrate`, `npm run create-admin` and others, with the settings of the server
 * (`.env.example`).
 */
import { type GraphQLSchema, isAbstractType, lexicographicSortSchema, printSchema } from 'graphql';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withOperatorDatabase } from './build/operator-database.ts';
import { withOperatorRedis } from './build/operator-redis.ts';
import { type Config, readConfig } from './config/config.ts';
import { describeConfig } from './config/describe.ts';
import { SHARED_SECRET } from './config/issuers.ts';
import { AppError, ConfigError, ConflictError } from './errors.ts';
import { createDatabase, type Database } from './infra/database.ts';
import { createJobs } from './infra/jobs.ts';
import { createLogger } from './infra/logger.ts';
import type { AccountLinkPurpose } from './generated/prisma/enums.ts';
import { applyMigrations, pendingMigrations } from './infra/migrations.ts';
import { formatReport, readHeads } from './modules/audit/report.ts';
import { verifyAuditLog } from './modules/audit/verify.ts';
import { findAccount } from './modules/auth/accounts/account.ts';
import { ensureOperator } from './modules/auth/accounts/operator.ts';
import { type Denial, denyByOperator } from './modules/auth/issuers/denied-tokens.ts';
import { PasswordHasher } from './modules/auth/accounts/passwords.ts';
import { type LinkPage, linkTo } from './modules/auth/links/account-mail.ts';
import { linkByOperator } from './modules/auth/links/links.ts';
import { clearAllLimits, clearLimitsOf } from './modules/limits/clear.ts';

const USAGE = `Commands:
  migrate [deploy]   applies pending migrations
  migrate status     lists pending migrations; exits with 1 if there are any
  create-admin       creates the operator's account from ADMIN_EMAIL and ADMIN_PASSWORD
  account-link reset|verify <email>
                     makes a link that resets the password of an account, or verifies its address
  check-config       prints the effective settings without secrets; exits with 1 and the problems if there are any
  deny-token         refuses tokens of another issuer from now on:
    --issuer <name> --jti <id>
                     one token
    --issuer <name> --subject <user id> [--tenant <id>] [--issued-by <time>]
                     all of a user that were issued up to now, or to a time
  audit:verify [--expect <file>]
                     verifies the audit log of every tenant; exits with 1 and the first broken entries if there are any.
                     With the output of an earlier run, also finds a log whose end was cut off
  rate-limits clear [<email or user id>]
                     makes the rate limits of all callers begin again, or those of one user and their API keys
  schema             writes the GraphQL schema and the type information for Apollo's cache to schema/`;

async function run([command, ...args]: string[]): Promise<number> {
  const [action] = args;
  if (command === 'migrate' && (action === undefined || action === 'deploy')) return migrate();
  if (command === 'migrate' && action === 'status') return migrationStatus();
  if (command === 'create-admin') return createAdmin(readConfig());
  if (command === 'account-link') return accountLink(args);
  if (command === 'check-config') return checkConfig();
  if (command === 'deny-token') return denyToken(readConfig(), args);
  if (command === 'audit:verify') return auditVerify(readConfig(), args);
  if (command === 'rate-limits' && action === 'clear') return clearRateLimits(readConfig(), args[1]);
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

/** For the account that signs in with the address. The operator gives the link to its owner. */
async function accountLink([purpose = '', address]: string[]): Promise<number> {
  const link = LINKS[purpose];
  if (!link || !address) return explainUsage();
  const config = readConfig();
  if (config.publicUrl === null) throw new ConfigError(['PUBLIC_URL must be set, because links lead there']);
  const email = address.trim().toLowerCase();
  const token = await withDatabase(config, async (database) => {
    const user = await findAccount(database, email);
    if (!user) throw noAccount(email);
    if (link.purpose === 'VERIFY_EMAIL') await checkOnlyClaim(database, email);
    return linkByOperator(database, link.purpose, { ...user, email });
  });
  if (token === null) throw noAccount(email); // it was deleted, or got another address, meanwhile
  console.log(linkTo(config, link.page, { token }));
  console.error('The link works once, within an hour. Earlier links of this kind work no longer.');
  return 0;
}

/** A verified address lets its account in with the password that somebody else may have set. A reset ends that. */
async function checkOnlyClaim({ prisma }: Database, email: string): Promise<void> {
  const claims = await prisma.user.count({ where: { email, subject: null, removedAt: null } });
  if (claims <= 1) return;
  const message = `${claims} accounts claim the e-mail ${email}. Give its owner a link to reset the password instead: npm run account-link -- reset ${email}`;
  throw new ConflictError('WRONG_STATE', message);
}

function noAccount(email: string): AppError {
  return new AppError('NOT_FOUND', `No account has the e-mail ${email}.`);
}

const LINKS: Record<string, { purpose: AccountLinkPurpose; page: LinkPage } | undefined> = {
  reset: { purpose: 'RESET_PASSWORD', page: 'reset-password' },
  verify: { purpose: 'VERIFY_EMAIL', page: 'verify-email' },
};

/** The migrated database of the server, for one command. */
async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  return withOperatorDatabase(config, async (url) => {
    await applyMigrations(url);
    return useDatabase(url, config, work);
  });
}

/** The same for a command that only reads: the tables that it judges stay as they are. */
async function withUnchangedDatabase<T>(
  config: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return withOperatorDatabase(config, async (url) => {
    const pending = await pendingMigrations(url);
    if (pending.length > 0)
      throw new ConfigError([`Migrations are pending: ${pending.join(', ')}. Apply them: npm run migrate`]);
    return useDatabase(url, config, work);
  });
}

async function useDatabase<T>(
  url: string,
  config: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const logger = createLogger(config.logLevel);
  const jobs = createJobs({ url, names: [], logger });
  const database = createDatabase({ url, logger, jobs, live: { publish: () => {} } });
  return work(database).finally(() => database.close());
}

function checkConfig(): number {
  for (const line of describeConfig()) console.log(line);
  return 0;
}

async function denyToken(config: Config, args: string[]): Promise<number> {
  const denial = readDenial(config, args);
  await withDatabase(config, (database) => denyByOperator(database, denial));
  console.log(
    'tokenId' in denial
      ? `The token ${denial.tokenId} of the issuer ${denial.issuer} is refused from now on.`
      : `The earlier tokens of ${denial.subject} of the issuer ${denial.issuer} are refused from now on.`,
  );
  return 0;
}

function readDenial({ issuers }: Config, args: string[]): Denial {
  const {
    issuer,
    jti,
    subject,
    tenant = null,
    'issued-by': time,
  } = parseArgs({ args, options: DENY_OPTIONS }).values;
  const names = [SHARED_SECRET, ...issuers.map(({ name }) => name)];
  if (issuer === undefined || !names.includes(issuer))
    throw new ConfigError([`--issuer must be one of ${names.join(', ')}`]);
  if ((jti === undefined) === (subject === undefined))
    throw new ConfigError(['Give either --jti or --subject']);
  if (jti !== undefined) return { issuer, tokenId: jti, expiresAt: null };
  const issuedBy = time === undefined ? null : new Date(time);
  if (Number.isNaN(issuedBy?.getTime()))
    throw new ConfigError(['--issued-by must be a time such as 2026-11-28T12:00:00Z']);
  return { issuer, subject: subject!, tenantId: tenant, issuedBy };
}

async function auditVerify(config: Config, args: string[]): Promise<number> {
  const { expect: file } = parseArgs({ args, options: { expect: { type: 'string' } } }).values;
  const expected = file === undefined ? undefined : readHeads(readOutput(file));
  if (expected === null) throw new ConfigError([`--expect: ${file} is not the output of audit:verify`]);
  let exitCode = 0;
  await withUnchangedDatabase(config, async ({ sql }) => {
    for await (const report of verifyAuditLog(sql, expected)) {
      console.log(formatReport(report));
      if (report.problem !== null) exitCode = 1;
    }
  });
  return exitCode;
}

function readOutput(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`--expect: ${(error as Error).message}`]);
  }
}

async function clearRateLimits(config: Config, name?: string): Promise<number> {
  return withOperatorRedis(config.redisUrl, async (redis) => {
    if (name === undefined) {
      await clearAllLimits(redis);
      console.log('All rate limits begin again.');
      return 0;
    }
    const users = await withDatabase(config, (database) => clearLimitsOf(name, { database, redis }));
    if (users === 0) throw new AppError('NOT_FOUND', `No user has the e-mail or the id ${name}.`);
    console.log(`The rate limits of ${name} begin again.`);
    return 0;
  });
}

async function printSchemaFile(): Promise<number> {
  const { schema } = await import('./transport/graphql/schema.ts');
  const sorted = lexicographicSortSchema(schema);
  fs.mkdirSync(SCHEMA_FOLDER, { recursive: true });
  fs.writeFileSync(path.join(SCHEMA_FOLDER, 'schema.graphql'), `${printSchema(sorted)}\n`);
  fs.writeFileSync(path.join(SCHEMA_FOLDER, 'possible-types.json'), possibleTypesOf(sorted));
  return 0;
}

/** The types of each interface and union: without them, Apollo's cache drops fields of fragments on interfaces. */
function possibleTypesOf(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap()).filter(isAbstractType);
  const entries = types.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

function isUnknownOption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

const DENY_OPTIONS = {
  issuer: { type: 'string' },
  jti: { type: 'string' },
  subject: { type: 'string' },
  tenant: { type: 'string' },
  'issued-by': { type: 'string' },
} as const;

const SCHEMA_FOLDER = path.resolve(import.meta.dirname, '../schema');

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof AppError || isUnknownOption(error);
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
