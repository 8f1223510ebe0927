import fs from 'node:fs';
import path from 'node:path';

/** Whether a password is one of the 10,000 most common in published breaches, in any case. */
export function isCommonPassword(password: string): boolean {
  commonPasswords ??= new Set(fs.readFileSync(LIST, 'utf8').split('\n'));
  return commonPasswords.has(password.toLowerCase());
}

/** Read at the first use. */
let commonPasswords: ReadonlySet<string> | undefined;

/**
 * In lower case, one a line, without those that are shorter than the minimum length. From the package
 * `@zxcvbn-ts/language-common` 4.1.3 (MIT), by rank.
 */
const LIST = path.join(import.meta.dirname, 'common-passwords.txt');
