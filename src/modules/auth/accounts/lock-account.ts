import type { Viewer } from '../../../access/viewer.ts';
import { UnauthenticatedError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { rolesOfKeys } from '../api-keys/api-key-authenticator.ts';
import { rolesOfTokens } from '../issuers/issuer-authenticator.ts';
import { lockUser } from '../members/membership.ts';
import { rolesOfSessions } from '../sessions/session-authenticator.ts';

/**
 * Locks the viewer's account and reads it. What an account may have only so many of, and what its removal or a reset of
 * its password ends, is added under this lock: a request that has waited for it is checked once more.
 * Errors: UNAUTHENTICATED when the account was removed, or the credential revoked, after the request was authenticated.
 */
export async function lockAccount(tx: Tx, { userId, tenantId, credential }: Viewer): Promise<User> {
  await lockUser(tx, userId);
  const user = await tx.prisma.user.findFirst({ where: { id: userId, tenantId, removedAt: null } });
  if (!user) throw new UnauthenticatedError('REVOKED', 'The account has been removed.');
  const valid = await CURRENT_ROLES[credential.kind](tx, [credential.id]);
  if (!valid.has(credential.id)) {
    throw new UnauthenticatedError('REVOKED', 'The credential of this request was revoked meanwhile.');
  }
  return user;
}

const CURRENT_ROLES = { SESSION: rolesOfSessions, API_KEY: rolesOfKeys, ISSUER: rolesOfTokens };
