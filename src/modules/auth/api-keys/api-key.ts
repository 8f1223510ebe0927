import { hashSecret, newSecret } from '../secret.ts';

/** Creates a key. Only its hash and its first characters are stored; the key itself is shown once. */
export function newApiKey(): NewApiKey {
  const secret = `${MARK}${newSecret()}`;
  return { secret, prefix: secret.slice(0, PREFIX_LENGTH), keyHash: hashSecret(secret) };
}

/** Whether a credential has the form of an API key, genuine or not. */
export function isApiKey(credential: string): boolean {
  return FORM.test(credential);
}

const MARK = 'af_';
/** `af_` and 8 of the 43 random characters; the other 35 have more than 200 bits. */
const PREFIX_LENGTH = 11;
const FORM = /^af_[\w-]{43}$/;

export interface NewApiKey {
  secret: string;
  prefix: string;
  keyHash: string;
}
