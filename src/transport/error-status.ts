import type { ErrorCode } from '../errors.ts';

/** The HTTP status of an error; null for those that are reported in the body of a 200. */
export function httpStatusOf(code: ErrorCode): number | null {
  return HTTP_STATUS[code] ?? null;
}

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  VALIDATION: 400,
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  SERVICE_UNAVAILABLE: 503,
};
