/**
 * The folder for what a start without a database and without a secret makes for itself.
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
 * Holds the folder for this process until it releases it or ends, however it ends. Errors: ConfigError with the id
 * of the process that holds it.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  fs.mkdirSync(dataDir, { recursive: true });
  const holderFile = path.join(dataDir, 'holder.pid');
  const database = new DatabaseSync(path.join(dataDir, 'lock'));
  try {
    // SQLite's lock is the system's own, which Node offers nowhere else: it ends with its process, so none is ever stale.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const holder = fs.existsSync(holderFile) ? ` (process ${fs.readFileSync(holderFile, 'utf8')})` : '';
    throw new ConfigError([
      `DATA_DIR ${dataDir} is in use by another start${holder}: stop that one, or set another folder`,
    ]);
  }
  fs.writeFileSync(holderFile, String(process.pid));
  return { release: () => database.close() };
}

/** The folder's own secret, made at the first call; any number of processes get the same one. */
export function loadOrCreateSecretKey(dataDir: string): string {
  const file = path.join(dataDir, 'secret-key');
  if (!fs.existsSync(file)) {
    fs.mkdirSync(dataDir, { recursive: true });
    const mine = `${file}.${process.pid}`;
    fs.writeFileSync(mine, randomBytes(48).toString('base64'), { mode: 0o600 });
    try {
      fs.linkSync(mine, file); // unlike a rename, it never replaces the secret that another process has just kept
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(mine);
    }
  }
  return fs.readFileSync(file, 'utf8');
}

const SQLITE_BUSY = 5;
