import { permissionsOf } from '../../../access/permissions.ts';
import type { Credential, Viewer } from '../../../access/viewer.ts';
import { UnauthenticatedError } from '../../../errors.ts';
import type { Plan, Role } from '../../../generated/prisma/enums.ts';
import type { Sql } from '../../../core/sql.ts';
import type { Services } from '../../../kernel/context.ts';
import { hashSecret, newSecret } from '../secret.ts';

/** Long enough to open a WebSocket, and too short to be of use in the log of a proxy. */
export const MAX_TICKET_SECONDS = 60;

/** Stores a ticket for the credential of the viewer. The database holds only its hash. */
export async function createTicket(
  sql: Sql,
  { userId, credential }: Viewer,
  seconds: number,
): Promise<SocketTicket> {
  const ticket = newSecret();
  const [row] = await sql<{ expires_at: Date }>(
    `INSERT INTO socket_tickets
       (id, ticket_hash, user_id, credential_kind, credential_id, credential_expires_at, expires_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, now() + make_interval(secs => $6))
     RETURNING expires_at`,
    [hashSecret(ticket), userId, credential.kind, credential.id, credential.expiresAt, seconds],
  );
  return { ticket, expiresAt: row!.expires_at };
}

/** Spends a ticket, in one statement, so that it opens one WebSocket of one process. Errors: UNAUTHENTICATED. */
export async function redeemTicket(sql: Sql, ticket: string): Promise<Grant> {
  const [row] = await sql<GrantRow>(
    `UPDATE socket_tickets SET used_at = now()
     WHERE ticket_hash = $1 AND used_at IS NULL AND expires_at > now()
     RETURNING user_id, credential_kind, credential_id, credential_expires_at`,
    [hashSecret(ticket)],
  );
  if (!row) throw new UnauthenticatedError('INVALID', 'The ticket is unknown, spent or older than a minute.');
  const { user_id: userId, credential_kind: kind, credential_id: id, credential_expires_at: expiresAt } = row;
  return { userId, kind, id, expiresAt };
}

/** The viewer whose credential asked for the ticket, as long as that credential is valid. Errors: UNAUTHENTICATED. */
export async function viewerOfGrant(
  { database, authenticators }: Pick<Services, 'database' | 'authenticators'>,
  { userId, kind, id, expiresAt }: Grant,
): Promise<Viewer> {
  const authenticator = authenticators.find((candidate) => candidate.kind === kind);
  const [roles, [user]] = await Promise.all([
    authenticator?.currentRoles([id]),
    database.sql<UserRow>(
      `SELECT u.role, u.plan, u.tenant_id, t.external_id, u.subject, coalesce($2::timestamptz <= now(), false) AS is_expired
       FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.id = $1 AND u.removed_at IS NULL`,
      [userId, expiresAt],
    ),
  ]);
  if (user?.is_expired)
    throw new UnauthenticatedError('EXPIRED', 'The access token of the ticket has expired.');
  if (!user || !roles?.has(id))
    throw new UnauthenticatedError(
      'REVOKED',
      'The session that asked for the ticket has ended. Sign in again.',
    );
  const { role, plan, tenant_id: tenantId, subject } = user;
  const claims = subject === null ? { userId, tenantId } : { userId: subject, tenantId: user.external_id };
  const permissions = permissionsOf({ role, tenantId });
  return { userId, tenantId, role, plan, permissions, credential: { kind, id, claims, expiresAt } };
}

/** Deletes tickets that nobody can use any more. */
export async function deleteExpiredTickets({ database }: Pick<Services, 'database'>): Promise<void> {
  await database.sql('DELETE FROM socket_tickets WHERE expires_at < now()', []);
}

/** A ticket as shown to its viewer, once. */
export interface SocketTicket {
  ticket: string;
  expiresAt: Date;
}

/** What a spent ticket stands for: the credential that asked for it. */
export interface Grant extends Pick<Credential, 'kind' | 'id' | 'expiresAt'> {
  userId: string;
}

interface GrantRow {
  user_id: string;
  credential_kind: Credential['kind'];
  credential_id: string;
  credential_expires_at: Date | null;
}

interface UserRow {
  role: Role;
  plan: Plan;
  tenant_id: string;
  external_id: string;
  subject: string | null;
  is_expired: boolean;
}
