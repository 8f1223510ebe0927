import type { Viewer } from '../../../access/viewer.ts';

/** Prisma condition: the viewer's own keys and, for those who manage the members, all keys of the tenant. */
export function manageableBy(viewer: Viewer) {
  const { tenantId, userId } = viewer;
  return viewer.permissions.has('USER_MANAGE') ? { tenantId } : { tenantId, userId };
}
