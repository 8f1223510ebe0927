import type { Viewer } from '../../../access/viewer.ts';
import { NO_ROW } from '../../../kernel/no-row.ts';

/** Invitations are visible to those who manage the users of the tenant. */
export function visibleTo({ tenantId, permissions }: Viewer) {
  return permissions.has('USER_MANAGE') ? { tenantId } : NO_ROW;
}
