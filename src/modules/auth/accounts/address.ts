import { ConflictError } from '../../../errors.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import { findAccount } from './account.ts';

/**
 * The e-mail addresses of own accounts. Anybody may claim an address; the account that verifies it has it. Other accounts
 * that claim it go on with their sessions, but nobody signs in to them with the address any more.
 */

/** Lets only one transaction at a time decide whose an address is. */
export async function lockAddress({ sql }: Pick<Tx, 'sql'>, email: string): Promise<void> {
  await sql(`SELECT pg_advisory_xact_lock(hashtextextended('address ' || $1, 0))`, [email]);
}

/**
 * Whether an address is taken: an account has verified it, or it is the operator's. Where nothing is hidden, and so
 * mostly nothing is verified, an unverified account takes it too. The account `except` does not count. Call it under
 * `lockAddress`.
 */
export async function isTaken(
  { settings }: Pick<Services, 'settings'>,
  tx: Pick<Tx, 'prisma'>,
  email: string,
  { except = null }: { except?: string | null } = {},
): Promise<boolean> {
  if (email === settings.operatorEmail) return true;
  const account = await findAccount(tx, email);
  if (account === null || account.id === except) return false;
  return account.emailVerifiedAt !== null || !settings.hidesAccounts;
}

export function addressTaken(): ConflictError {
  return new ConflictError(
    'TAKEN',
    'An account with this e-mail already exists. Sign in, or use another e-mail.',
  );
}

/** Marks the address of an account as verified. False when another account has verified it, or it was changed. */
export async function verifyAddress(tx: Tx, { id, email }: { id: string; email: string }): Promise<boolean> {
  await lockAddress(tx, email);
  const verified = await tx.sql(
    `UPDATE users u SET email_verified_at = coalesce(u.email_verified_at, now())
     WHERE u.id = $1 AND u.email = $2 AND u.subject IS NULL AND u.removed_at IS NULL AND NOT EXISTS (
       SELECT 1 FROM users other WHERE other.email = $2 AND other.email_verified_at IS NOT NULL
         AND other.subject IS NULL AND other.id <> u.id)
     RETURNING u.id`,
    [id, email],
  );
  return verified.length > 0;
}
