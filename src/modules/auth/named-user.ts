import { permissionsOf } from '../../access/permissions.ts';
import type { Credential, Viewer } from '../../access/viewer.ts';
import type { Plan, Role } from '../../generated/prisma/enums.ts';
import type { Database } from '../../infra/database.ts';

/**
 * The viewer for a user whom another service vouches for, named as a token names them: by the ids of an own account, or
 * by those of their issuer. `tenantId` is the tenant of what the request is about: ids are unique only within it. Null:
 * no such user, removed, or of another tenant.
 */
export async function viewerOfNamed(
  { sql }: Pick<Database, 'sql'>,
  tenantId: string,
  claims: Credential['claims'],
): Promise<Viewer | null> {
  const [user] = await sql<{ id: string; role: Role; plan: Plan }>(
    `SELECT u.id, u.role, u.plan FROM users u JOIN tenants t ON t.id = u.tenant_id
     WHERE t.id = $1 AND u.removed_at IS NULL AND t.external_id = $2
       AND (u.subject = $3 OR u.subject IS NULL AND u.id = $3)`,
    [tenantId, claims.tenantId, claims.userId],
  );
  if (!user) return null;
  const { id: userId, role, plan } = user;
  // No credential of this server stands behind it, so there is none to name, to watch or to revoke.
  const credential: Credential = { kind: 'ISSUER', id: VOUCHED, claims, expiresAt: null };
  return { userId, tenantId, role, plan, permissions: permissionsOf({ role, tenantId }), credential };
}

const VOUCHED = 'vouched';
