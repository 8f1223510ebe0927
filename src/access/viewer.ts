import type { Plan, Role } from '../generated/prisma/enums.ts';
import type { Permission } from './permissions.ts';

/** The signed-in user of one request, as the database has them at that moment. */
export interface Viewer {
  userId: string;
  tenantId: string;
  /** The sign-in that the access token belongs to. */
  sessionId: string;
  role: Role;
  plan: Plan;
  permissions: ReadonlySet<Permission>;
}
