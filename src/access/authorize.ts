import { AppError, UnauthenticatedError } from '../errors.ts';
import { OPERATIONS, type ProtectedOperation } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** Returns the viewer if they may run the operation. Errors: UNAUTHENTICATED without a viewer, FORBIDDEN without permission. */
export function authorize(
  { viewer, credentialError }: Authentication,
  operation: ProtectedOperation,
): Viewer {
  if (!viewer) throw credentialError ?? new UnauthenticatedError('MISSING', SIGN_IN);
  const required = OPERATIONS[operation];
  const [, field] = operation.split('.');
  if (required === 'PERSON') {
    if (viewer.credential.kind === 'API_KEY')
      throw new AppError('FORBIDDEN', `${field} cannot be used with an API key. Sign in as a person.`);
  } else if (required !== 'SIGNED_IN' && !viewer.permissions.has(required)) {
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
  credentialError?: UnauthenticatedError;
}
