import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import { AppError } from '../../errors.ts';

/** Prisma condition: the templates that the viewer may delete: their own, and an ADMIN all of the tenant. */
export function deletable(viewer: Viewer) {
  return viewer.role === 'ADMIN' ? { tenantId: viewer.tenantId } : changeable('PipelineTemplate', viewer);
}

/** What others of the tenant see and run needs TEMPLATE_SHARE. Errors: FORBIDDEN. */
export function assertMayShare({ permissions }: Viewer, visibility: 'PRIVATE' | 'SHARED'): void {
  if (visibility === 'PRIVATE' || permissions.has('TEMPLATE_SHARE')) return;
  throw new AppError(
    'FORBIDDEN',
    'To share a template, or change a shared one, requires the permission TEMPLATE_SHARE, which you or your API key do not have.',
  );
}
