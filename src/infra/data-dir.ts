/**
 * The folder of the embedded Postgres and of the generated secret key.
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
 * Locks the folder for this process until it releases the lock or terminates in any way. Errors: ConfigError with the
 * id of the process that holds the lock.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  fs.mkdirSync(dataDir, { recursive: true });
  const holderFile = path.join(dataDir, 'holder.pid');
  const database = new DatabaseSync(path.join(dataDir, 'lock'));
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
  fs.writeFileSync(holderFile, String(process.pid));
  return { release: () => database.close() };
}

/** The generated secret of the folder. The first call creates it; concurrent processes get the same one. */
export function loadOrCreateSecretKey(dataDir: string): string {
  const file = path.join(dataDir, 'secret-key');
  if (!fs.existsSync(file)) {
    fs.mkdirSync(dataDir, { recursive: true });
    const candidate = `${file}.${process.pid}`;
    fs.writeFileSync(candidate, randomBytes(48).toString('base64'), { mode: 0o600 });
    try {
      fs.linkSync(candidate, file); // unlike a rename, never replaces a secret that another process has just stored
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(candidate);
    }
  }
  return fs.readFileSync(file, 'utf8');
}

const SQLITE_BUSY = 5;
