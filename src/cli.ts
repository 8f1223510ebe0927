/**
 * The operator's commands: `npm run migrate`, `npm run create-admin` and `npm run schema`, with the settings of the server
 * (`.env.example`).
 */
import { type GraphQLSchema, isAbstractType, lexicographicSortSchema, printSchema } from 'graphql';
import fs from 'node:fs';
import path from 'node:path';
import { withOperatorDatabase } from './build/operator-database.ts';
import { type Config, readConfig } from './config/config.ts';
import { AppError, ConfigError } from './errors.ts';
import { createDatabase } from './infra/database.ts';
import { createJobs } from './infra/jobs.ts';
import { createLogger } from './infra/logger.ts';
import { applyMigrations, pendingMigrations } from './infra/migrations.ts';
import { PasswordHasher } from './modules/auth/accounts/passwords.ts';
import { ensureOperator } from './modules/auth/accounts/operator.ts';

const USAGE = `Commands:
  migrate [deploy]   applies pending migrations
  migrate status     lists pending migrations; exits with 1 if there are any
  create-admin       creates the operator's account from ADMIN_EMAIL and ADMIN_PASSWORD
  schema             writes the GraphQL schema and the type information for Apollo's cache to schema/`;

async function run([command, action]: string[]): Promise<number> {
  if (command === 'migrate' && (action === undefined || action === 'deploy')) return migrate();
  if (command === 'migrate' && action === 'status') return migrationStatus();
  if (command === 'create-admin') return createAdmin(readConfig());
  if (command === 'schema') return printSchemaFile();
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

async function createAdmin({ admin, logLevel, ...config }: Config): Promise<number> {
  if (!admin) throw new ConfigError(['ADMIN_EMAIL and ADMIN_PASSWORD must be set']);
  return withOperatorDatabase(config, async (url) => {
    await applyMigrations(url);
    const logger = createLogger(logLevel);
    const jobs = createJobs({ url, names: [], logger });
    const database = createDatabase({ url, logger, jobs, live: { publish: () => {} } });
    try {
      const { email } = await ensureOperator({ database, passwords: new PasswordHasher() }, admin);
      console.log(`${email} is an ADMIN of the operator's tenant.`);
      return 0;
    } finally {
      await database.close();
    }
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

const SCHEMA_FOLDER = path.resolve(import.meta.dirname, '../schema');

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof AppError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
