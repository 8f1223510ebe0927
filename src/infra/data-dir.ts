/**
 * The folder of the embedded Postgres and of the generated secret keys.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../errors.ts';

export interface DataDirLock {
  release(): void;
}

/**
 * Locks the folder for this process until it releases the lock or terminates in any way. Makes the folder private.
 * Errors: ConfigError with the id of the process that holds the lock.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  makePrivate(dataDir);
  const holderFile = path.join(dataDir, 'holder.pid');
  const database = new DatabaseSync(privateFile(path.join(dataDir, 'lock')));
  try {
    // SQLite uses a lock of the operating system, which Node has no API for. It ends with its process and is never stale.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const holder = fs.existsSync(holderFile) ? ` (process ${fs.readFileSync(holderFile, 'utf8')})` : '';
    throw new ConfigError([
      `DATA_DIR ${dataDir} is in use by another instance${holder}: stop it, or set another folder`,
    ]);
  }
  fs.writeFileSync(privateFile(holderFile), String(process.pid));
  return { release: () => database.close() };
}

/** The generated secret of the folder. The first call creates it; concurrent processes get the same one. */
export function loadOrCreateSecretKey(dataDir: string): string {
  return loadOrCreate(path.join(dataDir, 'secret-key'), () => randomBytes(48).toString('base64')).secret;
}

/** The same for the 32 bytes that seal users' provider keys. They are worth as much as the keys in the database. */
export function loadOrCreateEncryptionKey(dataDir: string): { key: Buffer; file: string; isNew: boolean } {
  const file = path.join(dataDir, 'encryption-key');
  const { secret, isNew } = loadOrCreate(file, () => randomBytes(32).toString('base64'));
  return { key: Buffer.from(secret, 'base64'), file, isNew };
}

function loadOrCreate(file: string, create: () => string): { secret: string; isNew: boolean } {
  let isNew = false;
  if (!fs.existsSync(file)) {
    makePrivate(path.dirname(file));
    const candidate = `${file}.${process.pid}`;
    fs.writeFileSync(candidate, create(), { mode: 0o600 });
    try {
      fs.linkSync(candidate, file); // unlike a rename, never replaces a secret that another process has just stored
      isNew = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(candidate);
    }
  }
  return { secret: fs.readFileSync(file, 'utf8'), isNew };
}

/**
 * Creates the folder for its owner alone, or takes it from the others. A folder of somebody else's, or with files that
 * are not ours, stays as it is, because others may need it: the files in it are private in any case.
 */
function makePrivate(dataDir: string): void {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { uid, mode } = fs.statSync(dataDir);
  const isOurs = uid === process.getuid?.() && fs.readdirSync(dataDir).every((name) => OWN_FILE.test(name));
  if (isOurs && (mode & 0o077) !== 0) fs.chmodSync(dataDir, 0o700);
}

/**
 * The file, created if it is missing, for its owner alone. Does not open a file that exists: closing it again would
 * release the lock that this process may have on it.
 */
function privateFile(file: string): string {
  try {
    fs.writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    fs.chmodSync(file, 0o600);
  }
  return file;
}

const SQLITE_BUSY = 5;
const OWN_FILE = /^(lock(-journal)?|holder\.pid|(secret|encryption)-key(\.\d+)?|postgres)$/;
