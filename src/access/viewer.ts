import type { Plan, Role } from '../generated/prisma/enums.ts';
import type { Permission } from './permissions.ts';

/** The authenticated user of a request, as the database has it now; for a query, or had it less than a second ago. */
export interface Viewer {
  userId: string;
  tenantId: string;
  role: Role;
  plan: Plan;
  permissions: ReadonlySet<Permission>;
  credential: Credential;
}

/** The API key of the request; null when a person signed in. */
export function apiKeyIdOf({ credential }: Pick<Viewer, 'credential'>): string | null {
  return credential.kind === 'API_KEY' ? credential.id : null;
}

/** The credential that authenticated the viewer. It may be revoked before it expires. */
export interface Credential {
  kind: 'SESSION' | 'API_KEY' | 'ISSUER';
  /** The id of the session, of the API key, or of the issuer's token. */
  id: string;
  /** The user and the tenant as the credential names them, with which X-User-ID and X-Tenant-ID are compared. */
  claims: { userId: string; tenantId: string };
  /** Null: never expires. */
  expiresAt: Date | null;
}
