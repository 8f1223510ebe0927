import type { ErrorCode } from '../errors.ts';

/** The HTTP status of an error code; null for errors that are returned in the body with status 200. */
export function httpStatusOf(code: ErrorCode): number | null {
  return HTTP_STATUS[code] ?? null;
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
