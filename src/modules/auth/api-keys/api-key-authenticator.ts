import { PERMISSIONS, permissionsOf } from '../../../access/permissions.ts';
import type { Viewer } from '../../../access/viewer.ts';
import { UnauthenticatedError } from '../../../errors.ts';
import type { Plan, Role } from '../../../generated/prisma/enums.ts';
import type { Database } from '../../../infra/database.ts';
import type { Logger } from '../../../infra/logger.ts';
import { UseRecorder } from '../../../kernel/use-recorder.ts';
import type { Authenticator } from '../authenticator.ts';
import { hashSecret } from '../secret.ts';
import { isApiKey } from './api-key.ts';

/**
 * Authenticates API keys with one read of the database. A key never permits more than its owner's role does now, whatever
 * it was given when it was created.
 */
export function apiKeyAuthenticator({ database, logger }: ApiKeyServices): Authenticator {
  const uses = new UseRecorder('api_keys', { database, logger });
  return {
    kind: 'API_KEY',
    async authenticate({ bearerToken, apiKey }) {
      if (apiKey === null && !isApiKey(bearerToken ?? '')) return null;
      const key = await findKey(database, apiKey ?? bearerToken!);
      if (key.isUnrecorded) uses.record(key.id);
      return viewerOf(key);
    },
    currentRoles: (ids) => rolesOfKeys(database, ids),
  };
}

/** The current role of the owner of each of these keys; those that are revoked or expired are absent. */
export async function rolesOfKeys(
  { sql }: Pick<Database, 'sql'>,
  ids: readonly string[],
): Promise<Map<string, Role>> {
  const valid = await sql<{ id: string; role: Role }>(
    `SELECT k.id, u.role FROM api_keys k JOIN users u ON u.id = k.user_id AND u.tenant_id = k.tenant_id
     WHERE k.id = ANY($1) AND k.revoked_at IS NULL AND u.removed_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > now())`,
    [ids],
  );
  return new Map(valid.map(({ id, role }) => [id, role]));
}

async function findKey({ sql }: Pick<Database, 'sql'>, secret: string): Promise<KeyRow> {
  const [key] = !isApiKey(secret)
    ? []
    : await sql<KeyRow>(
        `SELECT k.id, k.user_id AS "userId", k.tenant_id AS "tenantId", k.permissions, k.expires_at AS "expiresAt",
       u.role, u.plan, u.subject, t.external_id AS "externalTenantId",
       k.revoked_at IS NOT NULL OR u.removed_at IS NOT NULL OR u.tenant_id <> k.tenant_id AS "isRevoked",
       coalesce(k.expires_at <= now(), false) AS "isExpired",
       coalesce(k.last_used_at < now() - interval '1 minute', true) AS "isUnrecorded"
     FROM api_keys k JOIN users u ON u.id = k.user_id JOIN tenants t ON t.id = u.tenant_id
     WHERE k.key_hash = $1`,
        [hashSecret(secret)],
      );
  if (!key) throw new UnauthenticatedError('INVALID', 'The API key is invalid. Check that it is complete.');
  if (key.isRevoked) {
    throw new UnauthenticatedError('REVOKED', 'The API key was revoked. Create a new one with createApiKey.');
  }
  if (key.isExpired) {
    throw new UnauthenticatedError('EXPIRED', 'The API key has expired. Create a new one with createApiKey.');
  }
  return key;
}

function viewerOf({ id, userId, tenantId, role, plan, expiresAt, ...key }: KeyRow): Viewer {
  const ofOwner = permissionsOf({ role, tenantId });
  const granted = PERMISSIONS.filter((one) => ofOwner.has(one) && key.permissions.includes(one));
  const claims = { userId: key.subject ?? userId, tenantId: key.externalTenantId };
  return {
    userId,
    tenantId,
    role,
    plan,
    permissions: new Set(granted),
    credential: { kind: 'API_KEY', id, claims, expiresAt },
  };
}

interface KeyRow {
  id: string;
  userId: string;
  tenantId: string;
  permissions: string[];
  expiresAt: Date | null;
  role: Role;
  plan: Plan;
  /** The ids of the owner and the tenant at their issuer. An own account has no subject. */
  subject: string | null;
  externalTenantId: string;
  isRevoked: boolean;
  isExpired: boolean;
  /** Whether the last use was recorded more than a minute ago, or never. */
  isUnrecorded: boolean;
}

interface ApiKeyServices {
  database: Pick<Database, 'sql'>;
  logger: Pick<Logger, 'warn'>;
}
