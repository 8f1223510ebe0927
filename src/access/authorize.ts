import { AppError } from '../errors.ts';
import { OPERATIONS, type ProtectedOperation } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** Returns the viewer if they may run the operation. Errors: UNAUTHENTICATED without a viewer, FORBIDDEN without permission. */
export function authorize(
  { viewer, credentialError }: Authentication,
  operation: ProtectedOperation,
): Viewer {
  if (!viewer) throw credentialError ?? new AppError('UNAUTHENTICATED', SIGN_IN);
  const required = OPERATIONS[operation];
  if (required !== 'SIGNED_IN' && !viewer.permissions.has(required)) {
    const [, field] = operation.split('.');
    throw new AppError('FORBIDDEN', `${field} requires the permission ${required}, which you do not have.`);
  }
  return viewer;
}

const SIGN_IN = 'Sign in first: send a valid access token as `Authorization: Bearer <token>`.';

/** The result of authenticating a request. */
export interface Authentication {
  /** Null without valid credentials. */
  viewer: Viewer | null;
  /** Why the credentials of the request were rejected. Absent when it had none. */
  credentialError?: AppError;
}
