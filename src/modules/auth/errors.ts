import { AppError, UnauthenticatedError } from '../../errors.ts';

export class InvalidCredentialsError extends AppError {
  constructor(message: string) {
    super('INVALID_CREDENTIALS', message);
  }
}

/** A genuine access token of this server or of another issuer whose time is over. */
export function expiredTokenError(): UnauthenticatedError {
  return new UnauthenticatedError(
    'EXPIRED',
    'The access token has expired. Refresh the session, or sign in again.',
  );
}
