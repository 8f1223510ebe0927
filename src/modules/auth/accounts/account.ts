import { z } from 'zod';
import type { User } from '../../../generated/prisma/client.ts';
import type { ReadTx } from '../../../infra/database.ts';
import { storedName } from '../../../kernel/input.ts';
import { newPassword } from './passwords.ts';

export const MAX_EMAIL_LENGTH = 254;
export const MAX_DISPLAY_NAME_LENGTH = 100;

export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(MAX_EMAIL_LENGTH)
  .pipe(z.email('must be an e-mail address'));

export const displayName = storedName(MAX_DISPLAY_NAME_LENGTH);

/** Input of every new account: those that users register and the operator's. */
export const newAccount = z.object({ email: emailAddress, password: newPassword, displayName });

/** The account that signs in with an e-mail: the one that has verified it, else the oldest that claims it. */
export function findAccount({ prisma }: Pick<ReadTx, 'prisma'>, email: string): Promise<User | null> {
  return prisma.user.findFirst({
    where: { email, subject: null, removedAt: null },
    orderBy: [{ emailVerifiedAt: { sort: 'asc', nulls: 'last' } }, { id: 'asc' }],
  });
}
