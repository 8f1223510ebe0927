/**
 * The operator's commands: `node src/cli.ts <command>`, with the settings of the server (`.env.example`).
 */
import { lexicographicSortSchema, printSchema } from 'graphql';
import fs from 'node:fs';
import path from 'node:path';
import { type Config, readConfig } from './config/config.ts';
import { AppError, ConfigError } from './errors.ts';
import { lockDataDir } from './infra/data-dir.ts';
import { createDatabase } from './infra/database.ts';
import { findEmbeddedPostgres, startEmbeddedPostgres } from './infra/embedded-postgres.ts';
import { createJobs } from './infra/jobs.ts';
import { createLogger } from './infra/logger.ts';
import { applyMigrations, createMigration, migrationDrift, pendingMigrations } from './infra/migrations.ts';
import { PasswordHasher } from './modules/auth/accounts/passwords.ts';
import { ensureOperator } from './modules/auth/accounts/operator.ts';

const USAGE = `Commands:
  migrate [deploy]     applies the migrations that the database has not seen
  migrate status       lists them; ends with 1 when there are any
  migrate new <name>   writes one from the migrations so far to prisma/schema.prisma
  migrate check        ends with 1 when the migrations do not give prisma/schema.prisma
  schema               prints the GraphQL schema to schema/schema.graphql
  create-admin         makes the operator's account from ADMIN_EMAIL and ADMIN_PASSWORD`;

async function run([command, ...args]: string[]): Promise<number> {
  if (command === 'migrate') return withDatabase((url) => migrate(url, args));
  if (command === 'schema') return printSchemaFile();
  if (command === 'create-admin') return withDatabase(createAdmin);
  console.error(USAGE);
  return 2;
}

async function migrate(url: string, [action = 'deploy', name]: string[]): Promise<number> {
  if (action === 'deploy') return report(await applyMigrations(url), 'Applied', 0);
  if (action === 'status') return report(await pendingMigrations(url), 'Pending', 1);
  if (action === 'new' && name)
    return report(
      [await createMigration(url, name)].flatMap((made) => made ?? []),
      'Written',
      0,
    );
  if (action === 'check')
    return report(
      [await migrationDrift(url)].flatMap((drift) => drift ?? []),
      'Missing in the migrations',
      1,
    );
  console.error(USAGE);
  return 2;
}

function report(findings: string[], heading: string, exitCode: number): number {
  if (findings.length === 0) console.log('Nothing to do: the migrations are up to date.');
  for (const finding of findings) console.log(`${heading}: ${finding}`);
  return findings.length === 0 ? 0 : exitCode;
}

async function printSchemaFile(): Promise<number> {
  const { schema } = await import('./transport/graphql/schema.ts');
  fs.mkdirSync(path.dirname(SCHEMA_FILE), { recursive: true });
  fs.writeFileSync(SCHEMA_FILE, `${printSchema(lexicographicSortSchema(schema))}\n`);
  return 0;
}

async function createAdmin(url: string, { admin, logLevel }: Config): Promise<number> {
  if (!admin) throw new ConfigError(['ADMIN_EMAIL and ADMIN_PASSWORD must be set']);
  await applyMigrations(url);
  const logger = createLogger(logLevel);
  const database = createDatabase({
    url,
    logger,
    jobs: createJobs({ url, names: [], logger }),
    live: { publish: () => {} },
  });
  try {
    const { email } = await ensureOperator({ database, passwords: new PasswordHasher() }, admin);
    console.log(`${email} is an ADMIN of the operator's tenant.`);
    return 0;
  } finally {
    await database.close();
  }
}

/** Without DATABASE_URL: the Postgres of DATA_DIR, started for this command, or that of a running server. */
async function withDatabase(work: (url: string, config: Config) => Promise<number>): Promise<number> {
  const config = readConfig();
  if (config.databaseUrl) return work(config.databaseUrl, config);
  const folder = path.join(config.dataDir, 'postgres');
  const runningUrl = findEmbeddedPostgres(folder);
  if (runningUrl) return work(runningUrl, config);
  const lock = lockDataDir(config.dataDir);
  const postgres = await startEmbeddedPostgres({ folder });
  try {
    return await work(postgres.url, config);
  } finally {
    await postgres.stop();
    lock.release();
  }
}

const SCHEMA_FILE = path.resolve(import.meta.dirname, '../schema/schema.graphql');

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof AppError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
process.exit(); // a comparison of schemas leaves a timer of ten seconds behind
