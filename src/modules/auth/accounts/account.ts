import { z } from 'zod';
import type { User } from '../../../generated/prisma/client.ts';
import { ConflictError } from '../../../errors.ts';
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

/**
 * The account that signs in with an e-mail: the one that has verified it, else one in a tenant that the address was
 * invited to, else the oldest that claims it. Makes the same reads for every address.
 */
export async function findAccount({ prisma }: Pick<ReadTx, 'prisma'>, email: string): Promise<User | null> {
  const claims = { email, subject: null, removedAt: null };
  const first = await prisma.user.findFirst({
    where: claims,
    orderBy: [{ emailVerifiedAt: { sort: 'asc', nulls: 'last' } }, { id: 'asc' }],
  });
  const accepted = await prisma.invitation.findMany({
    where: { email, acceptedAt: { not: null } },
    select: { tenantId: true },
    orderBy: { id: 'asc' },
    take: MAX_INVITING_TENANTS,
  });
  const invited = await prisma.user.findFirst({
    where: { ...claims, tenantId: { in: accepted.map(({ tenantId }) => tenantId) } },
    orderBy: { id: 'asc' },
  });
  return first?.emailVerifiedAt ? first : (invited ?? first);
}

/**
 * A verified address lets its account in with the password that somebody else may have set. A reset ends that.
 * Errors: ConflictError when several accounts claim the address.
 */
export async function checkOnlyClaim({ prisma }: Pick<ReadTx, 'prisma'>, email: string): Promise<void> {
  const claims = await prisma.user.count({ where: { email, subject: null, removedAt: null } });
  if (claims <= 1) return;
  const message = `${claims} accounts claim the e-mail ${email}. Give its owner a link to reset the password instead: npm run account-link -- reset ${email}`;
  throw new ConflictError('WRONG_STATE', message);
}

const MAX_INVITING_TENANTS = 100;
