import type { Viewer } from '../../access/viewer.ts';

/** Conversations that the viewer may read: their own, and as an ADMIN all of the tenant. */
export function readableBy(viewer: Viewer) {
  return viewer.role === 'ADMIN' ? { tenantId: viewer.tenantId } : ownedBy(viewer);
}

/** Conversations that the viewer may change: their own. */
export function ownedBy(viewer: Viewer) {
  return { tenantId: viewer.tenantId, ownerId: viewer.userId };
}
