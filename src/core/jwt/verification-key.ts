import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

export const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export const JWT_ALGORITHMS = ['HS256', ...PUBLIC_KEY_ALGORITHMS] as const;

/** RFC 7518, sections 3.2 and 3.3. */
export const MIN_SECRET_BYTES = 32;
export const MIN_RSA_BITS = 2_048;

/** The only algorithm that a public key verifies. Null for a key of another kind, or an RSA key that is too short. */
export function algorithmOf(key: KeyObject): PublicKeyAlgorithm | null {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= MIN_RSA_BITS ? 'RS256' : null;
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? 'ES256' : null;
  return key.asymmetricKeyType === 'ed25519' ? 'EdDSA' : null;
}

/** A public key as PEM text or as a JWK. Null for anything else, e.g. a private or a symmetric key. */
export function readPublicKey(key: unknown): KeyObject | null {
  try {
    if (typeof key === 'string') return isPublicPem(key) ? createPublicKey(key) : null;
    const jwk = key as JsonWebKey;
    return jwk.kty === 'oct' || jwk.d !== undefined ? null : createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return null;
  }
}

function isPublicPem(text: string): boolean {
  return /-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text) && !text.includes('PRIVATE KEY');
}

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];
export type PublicKeyAlgorithm = (typeof PUBLIC_KEY_ALGORITHMS)[number];
