import { AppError } from '../errors.ts';
import { OPERATIONS, type ProtectedOperation } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** The viewer, if they may run the operation. Errors: UNAUTHENTICATED without a viewer, FORBIDDEN without the permission. */
export function authorize(
  { viewer, credentialError }: Authentication,
  operation: ProtectedOperation,
): Viewer {
  if (!viewer) throw credentialError ?? new AppError('UNAUTHENTICATED', SIGN_IN);
  const required = OPERATIONS[operation];
  if (required !== 'SIGNED_IN' && !viewer.permissions.has(required)) {
    const [, field] = operation.split('.');
    throw new AppError('FORBIDDEN', `${field} needs the permission ${required}, which you do not have.`);
  }
  return viewer;
}

const SIGN_IN = 'Sign in first: this needs a valid access token, sent as `Authorization: Bearer <token>`.';

/** Who sent a request, as far as that is known. */
export interface Authentication {
  /** Null without valid credentials. */
  viewer: Viewer | null;
  /** Why the credentials of the request were not accepted. Absent when it had none. */
  credentialError?: AppError;
}
