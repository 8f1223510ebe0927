import { createHmac, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Tokens } from '../../../../../src/modules/auth/sessions/tokens.ts';

const SECRET = 'a secret key that is long enough for tests, and nothing else';
const NOW = new Date('2026-11-20T12:00:00Z');
const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

const tokens = new Tokens({ secretKey: SECRET, accessTokenMinutes: 30, clock: () => NOW });
const subject = { userId: 'user', tenantId: 'tenant', sessionId: 'session' };

/** The key of access tokens, derived as by the server, for tokens with exactly one defect. */
const key = new Uint8Array(hkdfSync('sha256', SECRET, '', 'agentforge access tokens', 32));

const CLAIMS = {
  iss: 'agentforge',
  aud: 'agentforge-api',
  sub: 'user',
  sid: 'session',
  tenant_id: 'tenant',
  jti: 'id',
  iat: seconds(NOW),
  exp: seconds(NOW) + 1800,
};

function signed(claims: object, header: object = {}, secret: Uint8Array | KeyObject = key): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
    .sign(secret);
}

/** Any header and payload with a valid signature. */
function signedByHand(header: string, payload: string): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

const HEADER = '{"alg":"HS256","typ":"at+jwt"}';

describe('access tokens', () => {
  it('contain the user, the tenant and the session, and expire after their lifetime', async () => {
    const { token, expiresAt } = await tokens.issueAccessToken(subject);
    expect(expiresAt).toEqual(new Date('2026-11-20T12:30:00Z'));
    expect(await tokens.verifyAccessToken(token)).toEqual({ ...subject, expiresAt });
  });

  it('are accepted from another issuer with the same key', async () => {
    expect(await tokens.verifyAccessToken(await signed({}))).toMatchObject(subject);
    expect(await tokens.verifyAccessToken(await signed({ aud: ['other', 'agentforge-api'] }))).toMatchObject(
      subject,
    );
  });

  it('tolerate a clock difference of 10 seconds, but not more', async () => {
    const at = (issued: number, expires: number) =>
      signed({ iat: seconds(NOW) + issued, exp: seconds(NOW) + expires }).then((token) =>
        tokens.verifyAccessToken(token),
      );
    expect(await at(-1000, -9)).not.toBeNull();
    await expect(at(-1000, -11)).rejects.toMatchObject(EXPIRED);
    expect(await at(9, 1000)).not.toBeNull();
    expect(await at(11, 1000)).toBeNull();
  });

  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const other = new Tokens({ secretKey: 'another secret key', accessTokenMinutes: 30, clock: () => NOW });

  it.each<[string, () => string | Promise<string>]>([
    ['alg none', () => new UnsecuredJWT(CLAIMS).encode()],
    ['alg nOnE', () => signedByHand('{"alg":"nOnE","typ":"at+jwt"}', JSON.stringify(CLAIMS))],
    ['no alg', () => signedByHand('{"typ":"at+jwt"}', JSON.stringify(CLAIMS))],
    ['an empty signature', async () => `${(await signed({})).split('.').slice(0, 2).join('.')}.`],
    ['no signature at all', async () => (await signed({})).split('.').slice(0, 2).join('.')],
    ['RS256', () => signed({}, { alg: 'RS256' }, privateKey)],
    ['HS256 under a public RSA key', () => signed({}, {}, Buffer.from(pem))],
    ['HS512 under the right key', () => signed({}, { alg: 'HS512' }, Buffer.concat([key, key]))],
    ['another key', () => other.issueAccessToken(subject).then(({ token }) => token)],
    ['SECRET_KEY itself', () => signed({}, {}, Buffer.from(SECRET))],
    ['a payload that was changed', async () => tampered(await signed({}), { sub: 'admin' })],
    ['no exp', () => signed({ exp: undefined })],
    ['exp as a string', () => signedByHand(HEADER, JSON.stringify({ ...CLAIMS, exp: String(CLAIMS.exp) }))],
    ['nbf in the future', () => signed({ nbf: seconds(NOW) + 60 })],
    ['iat in the future', () => signed({ iat: seconds(NOW) + 3600, exp: seconds(NOW) + 5000 })],
    ['no iat', () => signed({ iat: undefined })],
    ['no aud', () => signed({ aud: undefined })],
    ['another aud', () => signed({ aud: 'somebody-else' })],
    ['no iss', () => signed({ iss: undefined })],
    ['another iss', () => signed({ iss: 'https://evil.example' })],
    ['no jti', () => signed({ jti: undefined })],
    ['no sub', () => signed({ sub: undefined })],
    ['sub as a number', () => signedByHand(HEADER, JSON.stringify({ ...CLAIMS, sub: 1 }))],
    ['no tenant', () => signed({ tenant_id: undefined })],
    ['an empty session', () => signed({ sid: '' })],
    ['a session with NUL', () => signed({ sid: 'session\0' })],
    ['typ JWT', () => signed({}, { typ: 'JWT' })],
    ['no typ', () => signed({}, { typ: undefined })],
    ['crit', () => signedByHand('{"alg":"HS256","typ":"at+jwt","crit":["x"],"x":1}', JSON.stringify(CLAIMS))],
    [
      'b64 false',
      () => signedByHand('{"alg":"HS256","typ":"at+jwt","b64":false,"crit":["b64"]}', JSON.stringify(CLAIMS)),
    ],
    ['a kid that climbs, under no key', () => signed({}, { kid: '../../../dev/null' }, new Uint8Array(32))],
    ['a kid of SQL, under no key', () => signed({}, { kid: "' UNION SELECT 'x" }, new Uint8Array(32))],
    [
      'jku and x5u',
      () =>
        signed({}, { alg: 'RS256', jku: 'https://evil.example', x5u: 'https://evil.example' }, privateKey),
    ],
    [
      'a key of its own inside',
      () => signed({}, { alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) }, privateKey),
    ],
    ['four parts', async () => `${await signed({})}.x`],
    ['five parts', () => 'a.b.c.d.e'],
    ['an array for a payload', () => signedByHand(HEADER, '[]')],
    ['a payload that is no JSON', () => signedByHand(HEADER, '{')],
    ['a header that is no JSON', () => signedByHand('{', JSON.stringify(CLAIMS))],
    [
      'duplicate keys, the last one wrong',
      () => signedByHand(HEADER, `${JSON.stringify(CLAIMS).slice(0, -1)},"aud":"x"}`),
    ],
    ['2 MB', async () => `${await signed({})}${'A'.repeat(2_000_000)}`],
    ['8 KB under a signature that fits', () => signed({ padding: 'x'.repeat(8192) })],
    ['white space in the signature', async () => (await signed({})).replace(/(.{5})$/, ' $1')],
    ['a line break at its end', async () => `${await signed({})}\n`],
    ['padding at its end', async () => `${await signed({})}=`],
    ['a refresh token', () => tokens.refreshToken('id')],
    ['nothing', () => ''],
  ])('are rejected with %s', async (_what, forge) => {
    const token = await forge();
    const start = performance.now();
    expect(await tokens.verifyAccessToken(token)).toBeNull();
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('access tokens that were valid', () => {
  it.each([
    ['an exp that has passed', { iat: seconds(NOW) - 1000, exp: seconds(NOW) - 60 }],
    ['an older age than the lifetime', { iat: seconds(NOW) - 7200 }],
  ])('are told apart with %s', async (_what, claims) => {
    await expect(tokens.verifyAccessToken(await signed(claims))).rejects.toMatchObject(EXPIRED);
  });
});

const EXPIRED = { code: 'UNAUTHENTICATED', reason: 'EXPIRED' };

describe('refresh tokens', () => {
  it('are derived from their id, and return it', () => {
    const token = tokens.refreshToken('0190-id');
    expect(tokens.refreshToken('0190-id')).toBe(token);
    expect(tokens.readRefreshToken(token)).toBe('0190-id');
  });

  it.each([
    [
      'another key',
      () => new Tokens({ secretKey: 'x', accessTokenMinutes: 1, clock: () => NOW }).refreshToken('id'),
    ],
    ['another id', () => tokens.refreshToken('id').replace('id', 'di')],
    ['no signature', () => 'id.'],
    ['an empty string', () => ''],
    ['a part too many', () => `${tokens.refreshToken('id')}.`],
    ['the key of access tokens', () => `id.${createHmac('sha256', key).update('id').digest('base64url')}`],
  ])('are rejected with %s', (_what, forge) => {
    expect(tokens.readRefreshToken(forge())).toBeNull();
  });
});

function tampered(token: string, claims: object): string {
  const [header, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ ...CLAIMS, ...claims })).toString('base64url');
  return `${header}.${payload}.${signature}`;
}
