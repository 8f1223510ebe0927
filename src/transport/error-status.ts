import { type AppError, type ErrorCode, RateLimitedError, UnauthenticatedError } from '../errors.ts';
import { challengeOf } from './challenge.ts';

/** The HTTP status of an error code; null for errors that are returned in the body with status 200. */
export function httpStatusOf(code: ErrorCode): number | null {
  return HTTP_STATUS[code] ?? null;
}

/** The headers that go with the status of an error. */
export function headersOf(error: AppError): Record<string, string> {
  if (error instanceof UnauthenticatedError) return { 'WWW-Authenticate': challengeOf(error) };
  if (error instanceof RateLimitedError) return { 'Retry-After': String(error.retryAfterSeconds) };
  return {};
}

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  VALIDATION: 400,
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  RESPONSE_TOO_LARGE: 400,
  SERVICE_UNAVAILABLE: 503,
};
