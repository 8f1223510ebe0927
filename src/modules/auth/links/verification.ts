import type { Services } from '../../../kernel/context.ts';
import { createLink, type LinkedUser } from './links.ts';

/**
 * Sends the link that verifies the address of an account, after the answer. Call it after the transaction that gave the
 * account its address.
 */
export function sendVerification(
  { database, accountMail }: Pick<Services, 'database' | 'accountMail'>,
  user: LinkedUser,
): void {
  accountMail.prepare(async () => {
    const token = await database.transact((tx) => createLink(tx, 'VERIFY_EMAIL', user));
    if (token) accountMail.verification(user.email, token);
  });
}
