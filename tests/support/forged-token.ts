import { createHmac, randomBytes, sign } from 'node:crypto';
import { type SigningKey, signingKey } from './token-issuer.ts';

/** One kind of token that the server accepts, as a forger sees it: what is in a good one, and how it is signed. */
export interface Target {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signature: (input: string) => Buffer;
  /** The public key, for those who try it as a secret. */
  publicKey?: SigningKey;
}

export function hmac(secret: string | Uint8Array, hash = 'sha256'): Target['signature'] {
  return (input) => createHmac(hash, secret).update(input).digest();
}

export function signatureOf({ algorithm, privateKey }: SigningKey): Target['signature'] {
  const hash = algorithm === 'EdDSA' ? null : 'sha256';
  return (input) => sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

/** The target's token with some things changed. `undefined` leaves a member out. */
export function token(target: Target, { header = {}, claims = {}, signature }: Change = {}): string {
  const headerText = JSON.stringify({ ...target.header, ...header });
  const claimsText = JSON.stringify({ ...target.claims, ...claims });
  return signed(headerText, claimsText, signature ?? target.signature);
}

/** A token of any two texts. */
export function signed(header: string, claims: string, signature: Target['signature']): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}

/**
 * Every attack on a token that is known for JWTs, each with exactly one defect: what a library or a gateway was once
 * found to let through.
 */
export const ATTACKS: readonly (readonly [what: string, forge: (target: Target) => string])[] = [
  ['alg none', (t) => `${unsigned(t, { alg: 'none' })}.`],
  ['alg nOnE under a signature', (t) => token(t, { header: { alg: 'nOnE' } })],
  ['no alg', (t) => token(t, { header: { alg: undefined } })],
  ['an empty signature', (t) => `${unsigned(t)}.`],
  ['no signature', (t) => unsigned(t)],
  ['HS256 under the public key as PEM', (t) => confused(t, { type: 'spki', format: 'pem' })],
  ['HS256 under the public key as DER', (t) => confused(t, { type: 'spki', format: 'der' })],
  ['HS256 under the public key as JWK', (t) => confused(t, { format: 'jwk' })],
  ['HS256 under an empty key', (t) => token(t, { header: { alg: 'HS256' }, signature: hmac('') })],
  ['RS256 under a key of the forger', (t) => token(t, { header: { alg: 'RS256' }, signature: FORGER })],
  ['PS256', (t) => token(t, { header: { alg: 'PS256' }, signature: FORGER })],
  ['HS512', (t) => token(t, { header: { alg: 'HS512' } })],
  ['another secret', (t) => token(t, { signature: hmac(randomBytes(32)) })],
  ['claims that were changed', (t) => tampered(t, { role: 'admin', sub: 'somebody-else' })],
  ['nbf in the future', (t) => token(t, { claims: { nbf: now() + 60 } })],
  ['no exp', (t) => token(t, { claims: { exp: undefined } })],
  ['exp as a text', (t) => token(t, { claims: { exp: String(now() + 600) } })],
  ['iat in the future', (t) => token(t, { claims: { iat: now() + 3_600, exp: now() + 7_200 } })],
  ['iat as a text', (t) => token(t, { claims: { iat: '1' } })],
  ['an aud of somebody else', (t) => token(t, { claims: { aud: 'somebody-else' } })],
  ['a list of aud of others', (t) => token(t, { claims: { aud: ['a', 'b'] } })],
  ['an iss of nobody', (t) => token(t, { claims: { iss: 'https://evil.example/' } })],
  ['an iss that begins right', (t) => token(t, { claims: { iss: `${String(t.claims['iss'])}/x` } })],
  ['crit', (t) => token(t, { header: { crit: ['x'], x: 1 } })],
  ['b64 false', (t) => token(t, { header: { b64: false, crit: ['b64'] } })],
  ['a typ of another kind of token', (t) => token(t, { header: { typ: 'logout+jwt' } })],
  ['no typ', (t) => token(t, { header: { typ: undefined } })],
  ['a kid that climbs, under no key', (t) => withKid(t, '../../../../dev/null')],
  ['a kid of SQL, under no key', (t) => withKid(t, "x' UNION SELECT 'key")],
  ['a huge kid, under no key', (t) => withKid(t, 'k'.repeat(4_000))],
  ['a kid that is no text, under no key', (t) => withKid(t, { $ne: null })],
  ['jku and x5u', (t) => token(t, { header: { ...REMOTE, alg: 'RS256' }, signature: FORGER })],
  ['a key inside', (t) => token(t, { header: { jwk: FORGED.jwk, alg: 'RS256' }, signature: FORGER })],
  ['a certificate inside', (t) => token(t, { header: { x5c: ['AAAA'], alg: 'RS256' }, signature: FORGER })],
  ['four parts', (t) => `${token(t)}.x`],
  ['five parts, like an encrypted one', () => 'a.b.c.d.e'],
  ['a list for claims', (t) => signed(JSON.stringify(t.header), '[]', t.signature)],
  ['claims that are no JSON', (t) => signed(JSON.stringify(t.header), '{', t.signature)],
  ['a header that is no JSON', (t) => signed('{', JSON.stringify(t.claims), t.signature)],
  ['exp twice, the last one wrong', (t) => twice(t, '"exp":1e400')],
  ['the user twice, the last one none', (t) => twice(t, '"sub":""')],
  ['more than 8 KB', (t) => token(t, { claims: { padding: 'x'.repeat(8_192) } })],
  ['white space in the signature', (t) => token(t).replace(/(.{5})$/, ' $1')],
  ['padding behind the signature', (t) => `${token(t)}=`],
  ['a dot behind it', (t) => `${token(t)}.`],
  ['the characters of plain base64', (t) => token(t).replace(/.$/, '+')],
  ['no user', (t) => token(t, { claims: { sub: undefined } })],
  ['an empty user', (t) => token(t, { claims: { sub: '' } })],
  ['a user that is a number', (t) => token(t, { claims: { sub: 1 } })],
  ['a user with NUL', (t) => token(t, { claims: { sub: 'user\0' } })],
  ['a user with half a character', (t) => signed(JSON.stringify(t.header), halfCharacter(t), t.signature)],
  ['a very long user', (t) => token(t, { claims: { sub: 'u'.repeat(201) } })],
  ['no tenant', (t) => token(t, { claims: { tenant_id: undefined } })],
  ['an empty tenant', (t) => token(t, { claims: { tenant_id: '' } })],
  ['a list of tenants', (t) => token(t, { claims: { tenant_id: ['a'] } })],
];

export function now(): number {
  return Math.floor(Date.now() / 1_000);
}

const FORGED = signingKey('RS256');
const FORGER = signatureOf(FORGED);
const REMOTE = { jku: 'https://evil.example/jwks.json', x5u: 'https://evil.example/cert.pem' };

function unsigned(target: Target, header: object = {}): string {
  return token(target, { header: { ...header } })
    .split('.')
    .slice(0, 2)
    .join('.');
}

/** The public key, which everybody knows, as the secret of an HMAC. */
function confused(target: Target, form: { type?: 'spki'; format: 'pem' | 'der' | 'jwk' }): string {
  const key = (target.publicKey ?? FORGED).publicKey.export(form as { type: 'spki'; format: 'pem' });
  const secret = typeof key === 'string' || Buffer.isBuffer(key) ? key : JSON.stringify(key);
  return token(target, { header: { alg: 'HS256' }, signature: hmac(secret) });
}

function tampered(target: Target, claims: object): string {
  const [header, , signature] = token(target).split('.');
  return `${header}.${encoded(JSON.stringify({ ...target.claims, ...claims }))}.${signature}`;
}

function withKid(target: Target, kid: unknown): string {
  return token(target, { header: { kid }, signature: hmac(Buffer.alloc(32)) });
}

function twice(target: Target, member: string): string {
  const claims = JSON.stringify(target.claims).replace(/\}$/, `,${member}}`);
  return signed(JSON.stringify(target.header), claims, target.signature);
}

function halfCharacter(target: Target): string {
  return JSON.stringify({ ...target.claims, sub: 'X' }).replace('"X"', '"user\\ud800"');
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}

interface Change {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  signature?: Target['signature'];
}
