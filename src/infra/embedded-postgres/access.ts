/** The port and the password of a server: `access.json` beside its data. */
import fs from 'node:fs';
import path from 'node:path';

export interface Access {
  port: number;
  /** The role that the application connects as. Undefined until the server has one of its own for it. */
  user?: string;
  password: string;
}

export function readAccess(folder: string): Access | null {
  const text = readText(path.join(folder, 'access.json'));
  return text === null ? null : (JSON.parse(text) as Access);
}

export function writeAccess(folder: string, access: Access): void {
  const file = path.join(folder, 'access.json');
  fs.writeFileSync(`${file}.new`, JSON.stringify(access), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

export function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
