import type { UnauthenticatedError } from '../errors.ts';

/**
 * The value of `WWW-Authenticate` in a response with status 401 (RFC 6750). It names an error only if the request had
 * credentials.
 */
export function challengeOf({ reason, message }: Pick<UnauthenticatedError, 'reason' | 'message'>): string {
  const scheme = 'Bearer realm="agentforge"';
  if (reason === 'MISSING') return scheme;
  return `${scheme}, error="invalid_token", error_description="${message.replaceAll(/[^ !#-[\]-~]/g, '')}"`;
}
