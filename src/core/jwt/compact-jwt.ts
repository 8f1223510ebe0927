/** How far the clocks of two machines may differ: applies to `exp`, `nbf`, `iat` and the age of every token. */
export const CLOCK_TOLERANCE_SECONDS = 10;

export const MAX_TOKEN_LENGTH = 8_192;

/**
 * Whether a text has the strict form of a signed JWT. jose ignores white space inside a signature, so without this check
 * one token would have many spellings.
 */
export function isCompactJwt(token: string): boolean {
  return token.length <= MAX_TOKEN_LENGTH && COMPACT_JWT.test(token);
}

/** Reads a token without verifying it, which tells whose it claims to be. Null for what is no signed JWT. */
export function readUnverified(token: string): UnverifiedJwt | null {
  if (!isCompactJwt(token)) return null;
  const [header, claims] = token.split('.').slice(0, 2).map(jsonObject);
  return header && claims ? { header, claims } : null;
}

function jsonObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const COMPACT_JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export interface UnverifiedJwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}
