import { hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { testApp } from '../../support/app.ts';
import { ATTACKS, hmac, now, signatureOf, signed, type Target, token } from '../../support/forged-token.ts';
import { type SigningKey, signingKey, testIssuer } from '../../support/token-issuer.ts';

const SECRET_KEY = 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz';
const HMAC_SECRET = 'only for tests: another secret of an issuer';
const pemKey = signingKey('RS256');
const issuer = testIssuer();

describe('an access token', () => {
  const app = testApp({
    config: {
      role: 'api',
      secretKey: SECRET_KEY,
      get issuers() {
        return readConfig({ JWT_ISSUERS: JSON.stringify(issuers()) }).issuers;
      },
    },
  });

  const ask = (bearer: string) => app.graphql('{ viewer { id } }', {}, { token: bearer });

  describe.each(Object.entries(targets()))('of %s', (_name, target) => {
    it('is accepted without a defect, also among several audiences', async () => {
      const { aud } = target.claims;
      const bearer = token(target, { claims: aud === undefined ? {} : { aud: ['other', aud] } });
      expect((await ask(bearer)).errors?.[0]?.message).toBe(target.claims['sid'] ? ENDED : undefined);
    });

    it.each(ATTACKS)('is refused with %s, and all are told the same', async (_what, forge) => {
      const before = await users();
      const { status, data, errors } = await ask(forge(target));
      expect({
        status,
        data,
        error: errors?.map(({ message, extensions }) => ({ message, extensions })),
      }).toEqual({
        status: 401,
        data: { viewer: null },
        error: [
          {
            message:
              'The access token or API key is invalid. Refresh the session, sign in again, or correct the key or the settings of its issuer.',
            extensions: { code: 'UNAUTHENTICATED', reason: 'INVALID' },
          },
        ],
      });
      expect(await users()).toBe(before);
    });

    it('is refused with the claims of every other kind', async () => {
      for (const other of Object.values(targets()).filter(
        ({ claims }) => claims['iss'] !== target.claims['iss'],
      )) {
        const mixed = signed(JSON.stringify(other.header), JSON.stringify(other.claims), target.signature);
        expect((await ask(mixed)).status).toBe(401);
      }
    });

    it('is told apart when it is genuine and has expired', async () => {
      const { status, errors } = await ask(token(target, { claims: { iat: now() - 90, exp: now() - 30 } }));
      expect({ status, errors }).toMatchObject({
        status: 401,
        errors: [
          {
            message: 'The access token has expired. Refresh the session, or sign in again.',
            extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' },
          },
        ],
      });
    });
  });

  it('is refused without reading it when it is larger than every header may be', async () => {
    const { status } = await fetch(app.url('/graphql'), {
      method: 'POST',
      headers: { authorization: `Bearer ${'A'.repeat(2_000_000)}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { id } }"}',
    }).catch(() => ({ status: 431 })); // the server may end the connection while the header is still being sent
    expect(status).toBe(431);
  });

  it('is refused when it is a refresh token', async () => {
    const { session } = await app.register();
    expect((await ask(session.refreshToken)).status).toBe(401);
  });

  const users = () => app.services.database.prisma.user.count();
});

const ENDED = 'The session of this access token has ended. Sign in again.';

function issuers(): object[] {
  const audience = 'agentforge';
  const { url: jwksUrl } = issuer;
  const publicKey = pemKey.publicKey.export({ type: 'spki', format: 'pem' });
  return [
    { name: 'hmac', issuer: 'https://hmac.example/', audience, algorithms: ['HS256'], secret: HMAC_SECRET },
    { name: 'keys', issuer: KEYS, audience, algorithms: ['RS256', 'ES256', 'EdDSA'], jwksUrl },
    { name: 'pem', issuer: 'https://pem.example/', audience, algorithms: ['RS256'], publicKey },
  ];
}

const KEYS = 'https://keys.example/';

/** A token of each kind that the server accepts. */
function targets(): Record<string, Target> {
  const claims = { sub: 'user', tenant_id: 'tenant', iat: now() - 10, exp: now() + 600 };
  const issued = (iss: string) => ({ ...claims, iss, aud: 'agentforge' });
  const hs256 = { alg: 'HS256', typ: 'JWT' };
  const ownKey = new Uint8Array(hkdfSync('sha256', SECRET_KEY, '', 'agentforge access tokens', 32));
  const asymmetric = (key: SigningKey, iss: string): Target => ({
    header: { alg: key.algorithm, typ: 'JWT', kid: key.kid },
    claims: issued(iss),
    signature: signatureOf(key),
    publicKey: key,
  });
  return {
    'this server': {
      header: { alg: 'HS256', typ: 'at+jwt' },
      claims: { ...claims, iss: 'agentforge', aud: 'agentforge-api', sid: 'session', jti: 'id' },
      signature: hmac(ownKey),
    },
    'the shared secret': { header: hs256, claims, signature: hmac(SECRET_KEY) },
    'an issuer with a secret': {
      header: hs256,
      claims: issued('https://hmac.example/'),
      signature: hmac(HMAC_SECRET),
    },
    'an issuer with RS256 keys': asymmetric(issuer.key('RS256'), KEYS),
    'an issuer with ES256 keys': asymmetric(issuer.key('ES256'), KEYS),
    'an issuer with EdDSA keys': asymmetric(issuer.key('EdDSA'), KEYS),
    'an issuer with one public key': asymmetric(pemKey, 'https://pem.example/'),
  };
}
