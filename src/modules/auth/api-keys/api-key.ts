import { createHash, randomBytes } from 'node:crypto';

/** Creates a key. Only its hash and its first characters are stored; the key itself is shown once. */
export function newApiKey(): NewApiKey {
  const secret = `${MARK}${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { secret, prefix: secret.slice(0, PREFIX_LENGTH), keyHash: hashOf(secret) };
}

/** Whether a credential has the form of an API key, genuine or not. */
export function isApiKey(credential: string): boolean {
  return FORM.test(credential);
}

/** SHA-256 in hex. A slow hash would add nothing, because the key has 256 random bits. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const MARK = 'af_';
const KEY_BYTES = 32;
/** `af_` and 8 of the 43 random characters; the other 35 have more than 200 bits. */
const PREFIX_LENGTH = 11;
const FORM = /^af_[\w-]{43}$/;

export interface NewApiKey {
  secret: string;
  prefix: string;
  keyHash: string;
}
