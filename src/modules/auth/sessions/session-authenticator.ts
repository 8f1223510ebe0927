import { permissionsOf } from '../../../access/permissions.ts';
import { UnauthenticatedError } from '../../../errors.ts';
import type { Plan, Role } from '../../../generated/prisma/enums.ts';
import type { Database } from '../../../infra/database.ts';
import type { Authenticator } from '../authenticator.ts';
import { IS_OPEN } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** Authenticates access tokens of sessions: verifies the signature, then checks in the database that the session is open. */
export function sessionAuthenticator({ database, tokens }: SessionServices): Authenticator {
  return {
    kind: 'SESSION',
    async authenticate({ bearerToken }) {
      const verified = bearerToken === null ? null : await tokens.verifyAccessToken(bearerToken);
      if (!verified) return null;
      const { userId, tenantId, sessionId, expiresAt } = verified;
      const [user] = await database.sql<{ role: Role; plan: Plan }>(
        `SELECT u.role, u.plan
         FROM sessions s JOIN users u ON u.id = s.user_id JOIN tenants t ON t.id = u.tenant_id
         WHERE s.id = $1 AND u.id = $2 AND t.id = $3 AND ${IS_OPEN}`,
        [sessionId, userId, tenantId],
      );
      if (!user) {
        throw new UnauthenticatedError(
          'REVOKED',
          'The session of this access token has ended. Sign in again.',
        );
      }
      const { role, plan } = user;
      const permissions = permissionsOf({ role, tenantId });
      const claims = { userId, tenantId };
      const credential = { kind: 'SESSION', id: sessionId, claims, expiresAt } as const;
      return { userId, tenantId, role, plan, permissions, credential };
    },
    currentRoles: (ids) => rolesOfSessions(database, ids),
    async end({ sql }, { id }) {
      await sql('UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL', [id]);
    },
  };
}

/** The current role of the user of each of these sessions; those that have ended are absent. */
export async function rolesOfSessions(
  { sql }: Pick<Database, 'sql'>,
  ids: readonly string[],
): Promise<Map<string, Role>> {
  const open = await sql<{ id: string; role: Role }>(
    `SELECT s.id, u.role FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.id = ANY($1) AND ${IS_OPEN}`,
    [ids],
  );
  return new Map(open.map(({ id, role }) => [id, role]));
}

interface SessionServices {
  database: Pick<Database, 'sql'>;
  tokens: Tokens;
}
