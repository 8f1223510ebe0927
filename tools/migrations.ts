/**
 * The migration commands of developers, `npm run migrate new <name>` and `npm run migrate check`: they need
 * development dependencies. Every other command is the operator's (`src/cli.ts`).
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { withOperatorDatabase } from '../src/build/operator-database.ts';
import { readConfig } from '../src/config/config.ts';
import { MIGRATIONS_FOLDER } from '../src/infra/migrations.ts';

const [action, name] = process.argv.slice(2);
if (action === 'new' && name) process.exitCode = await writeMigration(name);
else if (action === 'check') process.exitCode = await checkMigrations();
else process.exitCode = runOperatorCommand();
process.exit(); // the comparison of schemas leaves a timer of ten seconds behind

/** Writes a migration from the migrations so far to `schema.prisma`. */
async function writeMigration(title: string): Promise<number> {
  const script = await missingScript();
  if (script === null) return upToDate();
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(MIGRATIONS_FOLDER, `${timestamp}_${title.toLowerCase().replace(/\W+/g, '_')}`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'migration.sql'), script);
  console.log(`Written: ${path.basename(folder)}`);
  return 0;
}

/** Loads the comparison here: a production install lacks what it needs, and the operator's commands do not use it. */
async function missingScript(): Promise<string | null> {
  const { migrationDrift } = await import('./migration-diff.ts');
  return withOperatorDatabase(readConfig(), migrationDrift);
}

async function checkMigrations(): Promise<number> {
  const script = await missingScript();
  if (script === null) return upToDate();
  console.log(`Missing in the migrations: ${script}`);
  return 1;
}

function upToDate(): number {
  console.log('Nothing to do: the migrations are up to date.');
  return 0;
}

function runOperatorCommand(): number {
  const cli = path.resolve(import.meta.dirname, '../src/cli.ts');
  const args = [...process.execArgv, cli, 'migrate', ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}
