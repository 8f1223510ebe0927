import { describe, expect, it } from 'vitest';
import { httpStatusOf } from '../../../src/transport/error-status.ts';

describe('the HTTP status of an error', () => {
  it.each([
    ['VALIDATION', 400],
    ['BAD_USER_INPUT', 400],
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['RATE_LIMITED', 429],
    ['SERVICE_UNAVAILABLE', 503],
    ['CONFLICT', null],
  ] as const)('of %s is %s', (code, status) => {
    expect(httpStatusOf(code)).toBe(status);
  });
});
