import type { Plan, Role } from '../generated/prisma/enums.ts';
import type { Permission } from './permissions.ts';

/** The user of one request, as the database has them at that moment. */
export interface Viewer {
  userId: string;
  tenantId: string;
  role: Role;
  plan: Plan;
  permissions: ReadonlySet<Permission>;
  credential: Credential;
}

/** What the viewer proved their identity with. It may be revoked before it expires. */
export interface Credential {
  kind: 'SESSION' | 'API_KEY' | 'ISSUER';
  /** Of the session, the API key, or the issuer's token. */
  id: string;
  /** Null: it does not expire. */
  expiresAt: Date | null;
}
