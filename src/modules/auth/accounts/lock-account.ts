import type { Viewer } from '../../../access/viewer.ts';
import { UnauthenticatedError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';

/**
 * Locks the viewer's account and reads it. What an account may have only so many of, and what its removal ends, is added
 * under this lock. Errors: UNAUTHENTICATED when the account was removed after the request was authenticated.
 */
export async function lockAccount(tx: Tx, { userId, tenantId }: Viewer): Promise<User> {
  await tx.sql('SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
  const user = await tx.prisma.user.findFirst({ where: { id: userId, tenantId, removedAt: null } });
  if (!user) throw new UnauthenticatedError('REVOKED', 'The account has been removed.');
  return user;
}
