import { AppError, UnauthenticatedError } from '../errors.ts';
import { OPERATIONS, type ProtectedOperation } from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** Returns the viewer if they may run the operation. Errors: UNAUTHENTICATED without a viewer, FORBIDDEN without permission. */
export function authorize(authentication: Authentication, operation: ProtectedOperation): Viewer {
  const required = OPERATIONS[operation];
  const [, field] = operation.split('.');
  const viewer = required === 'PERSON' ? authorizePerson(authentication, field!) : signedIn(authentication);
  if (required !== 'PERSON' && required !== 'SIGNED_IN' && !viewer.permissions.has(required)) {
    throw new AppError('FORBIDDEN', `${field} requires the permission ${required}, which you do not have.`);
  }
  return viewer;
}

/** Returns the viewer if they are signed in, and not with an API key. Errors: as above. */
export function authorizePerson(authentication: Authentication, what: string): Viewer {
  const viewer = signedIn(authentication);
  if (viewer.credential.kind !== 'API_KEY') return viewer;
  throw new AppError('FORBIDDEN', `${what} cannot be used with an API key. Sign in as a person.`);
}

function signedIn({ viewer, credentialError }: Authentication): Viewer {
  if (viewer) return viewer;
  throw credentialError ?? new UnauthenticatedError('MISSING', SIGN_IN);
}

const SIGN_IN = 'Sign in first: send a valid access token as `Authorization: Bearer <token>`.';

/** The result of authenticating a request. */
export interface Authentication {
  /** Null without valid credentials. */
  viewer: Viewer | null;
  /** Why the credentials of the request were rejected. Absent when it had none. */
  credentialError?: UnauthenticatedError;
}
