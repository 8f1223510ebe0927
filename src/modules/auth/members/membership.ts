import { AppError, NotFoundError } from '../../../errors.ts';
import type { Viewer } from '../../../access/viewer.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';

/**
 * Locks the tenant, so that changes of its members run one after the other, and checks that the viewer may still make
 * them: another ADMIN may have changed the viewer's role meanwhile. Errors: FORBIDDEN.
 */
export async function lockMembers(tx: Tx, { userId, tenantId }: Viewer): Promise<void> {
  await lockTenant(tx, tenantId);
  const where = { id: userId, tenantId, role: 'ADMIN', removedAt: null } as const;
  if ((await tx.prisma.user.count({ where })) === 0) {
    throw new AppError('FORBIDDEN', 'You are no longer an ADMIN of this tenant.');
  }
}

/** Locks a user, whose keys, links and password then change one after the other. */
export async function lockUser({ sql }: Pick<Tx, 'sql'>, id: string): Promise<void> {
  await sql('SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
}

/** FOR NO KEY UPDATE: rows that name the tenant can still be added. */
export async function lockTenant(tx: Tx, tenantId: string): Promise<void> {
  await tx.sql('SELECT id FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
}

/** Errors: NotFoundError, also for a removed member and for the user of another tenant. */
export async function memberOf(tx: Tx, tenantId: string, id: string): Promise<User> {
  const user = await tx.prisma.user.findFirst({ where: { id, tenantId, removedAt: null } });
  if (!user) throw new NotFoundError('The user');
  return user;
}

/** An ADMIN of the tenant other than this user, the oldest one. */
export function anotherAdmin(tx: Tx, { id, tenantId }: User): Promise<User | null> {
  return tx.prisma.user.findFirst({
    where: { tenantId, role: 'ADMIN', removedAt: null, NOT: { id } },
    orderBy: { id: 'asc' },
  });
}

/** A tenant of own accounts keeps an ADMIN. The roles of another issuer's users follow their tokens. */
export async function isOnlyAdmin(tx: Tx, user: User): Promise<boolean> {
  return user.role === 'ADMIN' && user.subject === null && (await anotherAdmin(tx, user)) === null;
}
