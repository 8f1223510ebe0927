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

/** For a template that the viewer sees and may not change or delete. */
export function notYours(ownerId: string | null, act: 'change' | 'delete'): AppError {
  const whose = ownerId === null ? 'is built in' : 'belongs to another member';
  const advice =
    act === 'change'
      ? 'Fork it with forkTemplate, and change the fork.'
      : ownerId === null
        ? 'Nobody can delete it.'
        : 'Its owner or an ADMIN can delete it.';
  return new AppError('FORBIDDEN', `The template ${whose}. ${advice}`);
}
