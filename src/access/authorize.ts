import { AppError, UnauthenticatedError } from '../errors.ts';
import {
  type Permission,
  type Protected,
  type ProtectedOperation,
  type ProtectedRoute,
  requirementOf,
  ROUTES,
} from './permissions.ts';
import type { Viewer } from './viewer.ts';

/** Returns the viewer if they may run the operation. Errors: UNAUTHENTICATED without a viewer, FORBIDDEN without permission. */
export function authorize(authentication: Authentication, operation: ProtectedOperation): Viewer {
  const [, field] = operation.split('.');
  return check(authentication, requirementOf(operation), field!);
}

/** The same for a route. */
export function authorizeRoute(authentication: Authentication, path: ProtectedRoute): Viewer {
  return check(authentication, ROUTES[path], path);
}

/** Errors: FORBIDDEN. */
export function assertPermission({ permissions }: Viewer, required: Permission, what: string): void {
  if (permissions.has(required)) return;
  throw new AppError(
    'FORBIDDEN',
    `${what} requires the permission ${required}, which you or your API key do not have.`,
  );
}

function check(authentication: Authentication, required: Protected, what: string): Viewer {
  const viewer = signedIn(authentication);
  if (required === 'SIGNED_IN') return viewer;
  if (required === 'PERSON') {
    if (viewer.credential.kind !== 'API_KEY') return viewer;
    throw new AppError('FORBIDDEN', `${what} cannot be used with an API key. Sign in as a person.`);
  }
  assertPermission(viewer, required, what);
  return viewer;
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
