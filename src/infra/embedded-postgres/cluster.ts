/**
 * The data folder of a server, and the role that owns its database. Both are made without a running server, so that the
 * superuser needs no password and nobody can connect as it.
 *
 * The account that Postgres runs as can enter the data folder, but often none of the folders above it. Its programs are
 * therefore started inside, and told so by a path that leads there without passing the others.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type Account, asAccount } from './account.ts';
import type { Binaries } from './binaries.ts';

export interface Cluster extends Binaries {
  account: Account | null;
  data: string;
}

/** The role that the application connects as. It owns the database, may create others, and is no superuser. */
export const OWNER = 'agentforge';

/** How a program that is started in the data folder names it. */
export function dataPath({ account, data }: Pick<Cluster, 'account' | 'data'>): string {
  return account && process.platform === 'linux' ? '/proc/self/cwd' : data;
}

/** Creates the data folder: complete, or not at all. */
export function initialize(cluster: Cluster): void {
  const unfinished = `${cluster.data}.new`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { mode: 0o700 });
  if (cluster.account) fs.chownSync(unfinished, cluster.account.uid, cluster.account.gid);
  runProgram({ ...cluster, data: unfinished }, cluster.initdb, [
    `--pgdata=${dataPath({ ...cluster, data: unfinished })}`,
    `--username=${SUPERUSER}`,
    '--auth=reject',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8', // sorts like C, and handles upper and lower case of all letters
    '--no-sync',
  ]);
  fs.renameSync(unfinished, cluster.data);
}

/**
 * Makes the owner role with this password, gives it the database with all that is in it, and admits no other role.
 * Brings folders of earlier versions, in which the superuser owns everything, to the same state. Can be repeated.
 */
export function giveToOwner(cluster: Cluster, password: string): void {
  fs.rmSync(path.join(cluster.data, 'postmaster.pid'), { force: true });
  replaceFile(cluster, 'pg_hba.conf', `host all ${OWNER} 127.0.0.1/32 scram-sha-256\n`);
  // `-j`: a statement ends with a semicolon and an empty line. Statements hold the password: they are not logged.
  const options = ['-j', '-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic'];
  const args = ['--single', ...options, '-D', dataPath(cluster), DATABASE];
  runProgram(cluster, cluster.postgres, args, ownerScript(password));
}

/** Never writes through a link: under root, the folder belongs to an account that may do less than we may. */
function replaceFile({ account, data }: Cluster, name: string, text: string): void {
  const file = path.join(data, name);
  fs.rmSync(file, { force: true });
  const descriptor = fs.openSync(file, 'wx', 0o600);
  fs.writeSync(descriptor, text);
  if (account) fs.fchownSync(descriptor, account.uid, account.gid);
  fs.closeSync(descriptor);
}

function runProgram(cluster: Cluster, program: string, programArgs: string[], input = ''): void {
  const { command, args, options } = asAccount(cluster.account, program, programArgs);
  const run = spawnSync(command, args, {
    ...options,
    cwd: cluster.data,
    input,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (run.status === 0) return;
  const reason = run.error?.message ?? run.stderr.trim();
  throw new Error(`${path.basename(program)} failed in ${cluster.data}: ${reason}`);
}

function ownerScript(password: string): string {
  const statements = [
    `DO $$ BEGIN
       IF to_regrole('${OWNER}') IS NULL THEN CREATE ROLE ${OWNER}; END IF;
     END $$`,
    `ALTER ROLE ${OWNER} LOGIN CREATEDB PASSWORD '${password.replaceAll("'", "''")}'`,
    `GRANT pg_signal_backend TO ${OWNER}`, // to drop a database of its own while autovacuum is in it
    `ALTER ROLE ${SUPERUSER} PASSWORD NULL`,
    `ALTER DATABASE ${DATABASE} OWNER TO ${OWNER}`,
    GIVE_OBJECTS,
  ];
  return statements.map((statement) => `${statement};\n\n`).join('');
}

/** All of the superuser's outside of Postgres' own schemas. Indexes, triggers and columns' sequences follow their table. */
const GIVE_OBJECTS = `
  DO $$ DECLARE command text; BEGIN
    FOR command IN
      WITH ours AS (
        SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      )
      SELECT format('SCHEMA %I', nspname) FROM ours WHERE nspname <> 'public'
      UNION ALL
      SELECT format('TABLE %s', oid::regclass) FROM pg_class
      WHERE relnamespace IN (SELECT oid FROM ours) AND relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
          AND refclassid = 'pg_class'::regclass AND relkind = 'S' AND deptype IN ('a', 'i')
      )
      UNION ALL
      SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
      UNION ALL
      SELECT format('TYPE %s', pg_type.oid::regtype) FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
      WHERE typnamespace IN (SELECT oid FROM ours) AND (typtype IN ('d', 'e', 'r') OR relkind = 'c')
    LOOP
      EXECUTE format('ALTER %s OWNER TO ${OWNER}', command);
    END LOOP;
  END $$`;

/** Made by initdb, as which nobody connects. */
const SUPERUSER = 'postgres';
export const DATABASE = 'postgres';

const TIMEOUT_MS = 60_000;
