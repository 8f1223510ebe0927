import { AppError } from '../errors.ts';
import { OPERATIONS, type ProtectedOperation } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** Who is asking, if they may do it. Errors: UNAUTHENTICATED when nobody is signed in, FORBIDDEN for too little. */
export function authorize(ctx: { viewer: Viewer | null }, operation: ProtectedOperation): Viewer {
  const { viewer } = ctx;
  if (!viewer) {
    throw new AppError(
      'UNAUTHENTICATED',
      'Sign in first: this needs a valid access token, sent as `Authorization: Bearer <token>`.',
    );
  }
  const required = OPERATIONS[operation];
  if (required !== 'SIGNED_IN' && !viewer.permissions.has(required)) {
    throw new AppError('FORBIDDEN', `${operation} needs the permission ${required}, which you do not have.`);
  }
  return viewer;
}
