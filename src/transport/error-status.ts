import { type AppError, type ErrorCode, RateLimitedError, UnauthenticatedError } from '../errors.ts';
import { challengeOf } from './challenge.ts';

/** The HTTP status of an error code; null for errors that are returned in the body with status 200. */
export function httpStatusOf(code: ErrorCode): number | null {
  return HTTP_STATUS[code] ?? null;
}

/** The status of an error on a route, where the status alone tells a client what happened. */
export function routeStatusOf(code: ErrorCode): number {
  return HTTP_STATUS[code] ?? ROUTE_STATUS[code] ?? 409;
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

const ROUTE_STATUS: Partial<Record<ErrorCode, number>> = { NOT_FOUND: 404, UNSAFE_INPUT: 400 };
