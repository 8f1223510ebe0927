import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/errors.ts';
import { signingKey } from '../../support/token-issuer.ts';

const RSA = signingKey('RS256');
const pem = RSA.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const privatePem = RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey;

const PUBLIC_KEY_EXPECTED = /^JWT_ISSUERS\.0\.publicKey must be a public key as PEM or JWK/;
const SECRET = 'q8Zr2mVx0LkT5nJd7WcYb3HsGf6PaE1u';
const HMAC = { name: 'hmac', algorithms: ['HS256'], secret: SECRET };
const JWKS = { name: 'keys', algorithms: ['RS256', 'EdDSA'], jwksUrl: 'https://login.example.com/jwks.json' };

describe('JWT_ISSUERS', () => {
  it('reads every field', () => {
    const entry = {
      ...JWKS,
      issuer: 'https://login.example.com/',
      audience: ['agentforge', 'other'],
      typ: 'at+jwt',
      maxAgeSeconds: 3_600,
      defaultTenant: 'everybody',
    };
    expect(issuersOf([entry])).toEqual([
      {
        name: 'keys',
        issuer: 'https://login.example.com/',
        audiences: ['agentforge', 'other'],
        algorithms: ['RS256', 'EdDSA'],
        typ: 'at+jwt',
        maxAgeSeconds: 3_600,
        defaultTenant: 'everybody',
        key: { jwksUrl: JWKS.jwksUrl },
      },
    ]);
  });

  it('reads the examples of the documents', () => {
    const [, section] = fs.readFileSync('docs/signing-in.md', 'utf8').split('### Other issuers');
    const [, example] = /```json\n([^`]+)```/.exec(section!)!;
    expect(issuersOf(JSON.parse(example!) as object[]).map(({ name }) => name)).toEqual([
      'corporate',
      'partner',
    ]);
    const [, setting] = /^#(JWT_ISSUERS=.+)$/m.exec(fs.readFileSync('.env.example', 'utf8'))!;
    expect(readConfig(parseEnv(setting!) as NodeJS.ProcessEnv).issuers).toHaveLength(1);
  });

  it('needs a name, algorithms and a key only', () => {
    expect(issuersOf([HMAC])).toEqual([
      {
        name: 'hmac',
        issuer: undefined,
        audiences: [],
        algorithms: ['HS256'],
        typ: 'JWT',
        maxAgeSeconds: undefined,
        defaultTenant: null,
        key: { secret: SECRET },
      },
    ]);
  });

  it.each([
    ['PEM', pem],
    ['JWK', RSA.jwk],
  ])('reads a public key as %s', (_form, publicKey) => {
    const [issuer] = issuersOf([{ name: 'pem', algorithms: ['RS256'], publicKey }]);
    expect(issuer!.key).toMatchObject({ algorithm: 'RS256' });
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', 'not json', /^JWT_ISSUERS must be a JSON array$/],
    ['no list', HMAC, /^JWT_ISSUERS must be a JSON array$/],
    ['an entry that is no object', ['x'], /^JWT_ISSUERS\.0 must be an object$/],
    ['an unknown field', [{ ...HMAC, audiense: 'x' }], /^JWT_ISSUERS\.0 has unknown fields: audiense$/],
    ['no name', [{ ...HMAC, name: undefined }], /^JWT_ISSUERS\.0\.name must be a text$/],
    [
      'a name of other characters',
      [{ ...HMAC, name: 'Corporate SSO' }],
      /^JWT_ISSUERS\.0\.name must consist/,
    ],
    ['our own name', [{ ...HMAC, name: 'agentforge' }], /^JWT_ISSUERS\.0\.name is a reserved name$/],
    ['our own iss', [{ ...HMAC, issuer: 'agentforge' }], /^JWT_ISSUERS\.0\.issuer is the issuer of our own/],
    ['a name twice', [HMAC, HMAC], /^JWT_ISSUERS has a name twice$/],
    [
      'an iss twice',
      [
        { ...HMAC, issuer: 'a' },
        { ...JWKS, issuer: 'a' },
      ],
      /^JWT_ISSUERS has an issuer twice$/,
    ],
    ['no algorithms', [{ ...HMAC, algorithms: [] }], /^JWT_ISSUERS\.0\.algorithms must not be empty$/],
    ['alg none', [{ ...HMAC, algorithms: ['none'] }], /^JWT_ISSUERS\.0\.algorithms\.0 must be one of HS256/],
    ['no key', [{ ...HMAC, secret: undefined }], /^JWT_ISSUERS\.0 must have exactly one of secret/],
    ['two keys', [{ ...HMAC, jwksUrl: JWKS.jwksUrl }], /^JWT_ISSUERS\.0 must have exactly one of secret/],
    [
      'a short secret',
      [{ ...HMAC, secret: 'short' }],
      /^JWT_ISSUERS\.0\.secret must have at least 32 bytes$/,
    ],
    [
      'HS256 with a key set',
      [{ ...JWKS, algorithms: ['HS256'] }],
      /^JWT_ISSUERS\.0 has algorithms that do not fit/,
    ],
    [
      'RS256 with a secret',
      [{ ...HMAC, algorithms: ['HS256', 'RS256'] }],
      /^JWT_ISSUERS\.0 has algorithms that do not fit/,
    ],
    [
      'HS256 with a public key',
      [{ name: 'pem', algorithms: ['HS256'], publicKey: pem }],
      /^JWT_ISSUERS\.0 has algorithms that do not fit: this publicKey goes with RS256 only$/,
    ],
    ['a private key', [{ name: 'pem', algorithms: ['RS256'], publicKey: privatePem }], PUBLIC_KEY_EXPECTED],
    [
      'a short RSA key',
      [{ name: 'pem', algorithms: ['RS256'], publicKey: pemOf(shortRsa) }],
      PUBLIC_KEY_EXPECTED,
    ],
    [
      'a symmetric JWK',
      [{ name: 'pem', algorithms: ['RS256'], publicKey: { kty: 'oct', k: 'AAAA' } }],
      PUBLIC_KEY_EXPECTED,
    ],
    [
      'no URL',
      [{ ...JWKS, jwksUrl: 'file:///etc/passwd' }],
      /^JWT_ISSUERS\.0\.jwksUrl must be a URL such as/,
    ],
    ['no age', [{ ...JWKS, maxAgeSeconds: 0 }], /^JWT_ISSUERS\.0\.maxAgeSeconds must be 1 or more$/],
  ])('refuses %s in one line without the value', (_what, value, problem) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const problems = problemsOf({ JWT_ISSUERS: text });
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).not.toMatch(/\n|q8Zr2mVx|short|PRIVATE/);
  });

  it.each([
    ['http://login.example.com/jwks.json', false],
    ['http://192.0.2.1/jwks.json', false],
    ['http://localhost.example.com/jwks.json', false],
    ['https://login.example.com/jwks.json', true],
    ['http://localhost:8080/jwks.json', true],
    ['http://10.1.2.3/jwks.json', true],
    ['http://[::1]/jwks.json', true],
    ['http://[fd00::1]:8080/jwks.json', true],
  ])('reads the keys of %s in production: %s', (jwksUrl, isAllowed) => {
    const env = { JWT_ISSUERS: JSON.stringify([{ ...JWKS, jwksUrl }]) };
    const problems = problemsOf({ ...env, NODE_ENV: 'production' });
    const refused = problems.filter((line) =>
      line.startsWith('JWT_ISSUERS: the jwksUrl of keys must use https'),
    );
    expect(refused).toHaveLength(isAllowed ? 0 : 1);
    expect(problemsOf(env)).toEqual([]);
  });

  it('refuses a secret that can be guessed in production, by the name of the issuer', () => {
    const secret = 'this is an example of a shared text';
    const env = { NODE_ENV: 'production', JWT_ISSUERS: JSON.stringify([{ ...HMAC, secret }]) };
    expect(problemsOf(env)).toContainEqual(
      expect.stringMatching(/^JWT_ISSUERS: the secret of hmac is guessable/),
    );
    expect(problemsOf({ ...env, NODE_ENV: 'test' })).toEqual([]);
  });
});

function issuersOf(entries: object[]) {
  return readConfig({ JWT_ISSUERS: JSON.stringify(entries) }).issuers;
}

function pemOf(key: typeof shortRsa): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
