import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { TrustedIssuer } from '../core/jwt/jwt-verifier.ts';
import {
  algorithmOf,
  JWT_ALGORITHMS,
  MIN_RSA_BITS,
  MIN_SECRET_BYTES,
  PUBLIC_KEY_ALGORITHMS,
  readPublicKey,
} from '../core/jwt/verification-key.ts';
import { entryOf, isDistinct, jsonArray, oneOf, url } from './setting.ts';

/** An issuer whose tokens are accepted besides our own. */
export interface IssuerConfig extends TrustedIssuer {
  /** Names the issuer in this server: tenants and users of different names never meet. */
  name: string;
  /** The tenant of tokens without `tenant_id`. Null: they are refused. */
  defaultTenant: string | null;
}

/**
 * The issuer that shares a secret with this server: HS256, `typ` JWT, without `iss` and `aud`. It needs no entry in
 * JWT_ISSUERS.
 */
export function sharedSecretIssuer(secret: string): IssuerConfig {
  return {
    name: SHARED_SECRET,
    issuer: undefined,
    audiences: [],
    algorithms: ['HS256'],
    typ: 'JWT',
    maxAgeSeconds: undefined,
    key: { secret },
    defaultTenant: null,
  };
}

export const SHARED_SECRET = 'shared-secret';
/** `agentforge` names own accounts, in `iss` and in the database. */
const OWN = 'agentforge';

const PUBLIC_KEY_EXPECTED = `must be a public key as PEM or JWK: RSA of ${MIN_RSA_BITS} bits or more, P-256 or Ed25519`;

const someText = z.string({ error: 'must be a text' }).min(1, 'must not be empty');

const publicKey = z
  .union([z.string(), z.record(z.string(), z.unknown())], { error: PUBLIC_KEY_EXPECTED })
  .transform((value, ctx): KeyObject => {
    const key = readPublicKey(value);
    if (key && algorithmOf(key)) return key;
    ctx.addIssue({ code: 'custom', message: PUBLIC_KEY_EXPECTED });
    return z.NEVER;
  });

const entry = entryOf({
  name: someText
    .regex(/^[a-z0-9-]{1,50}$/, 'must consist of 1 to 50 of a-z, 0-9 and -')
    .refine((name) => name !== OWN && name !== SHARED_SECRET, 'is a reserved name'),
  issuer: someText.refine((issuer) => issuer !== OWN, 'is the issuer of our own tokens').optional(),
  audience: z
    .union([someText, z.array(someText).min(1)], { error: 'must be a text or a list of texts' })
    .optional(),
  algorithms: z
    .array(oneOf(JWT_ALGORITHMS), { error: `must be a list of ${JWT_ALGORITHMS.join(', ')}` })
    .min(1, 'must not be empty'),
  secret: someText
    .refine(
      (secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes`,
    )
    .optional(),
  jwksUrl: url(['http:', 'https:'], 'https://login.example.com/jwks.json').optional(),
  publicKey: publicKey.optional(),
  typ: someText.default('JWT'),
  maxAgeSeconds: z.int({ error: 'must be a whole number of seconds' }).min(1, 'must be 1 or more').optional(),
  defaultTenant: someText.max(200, 'must have at most 200 characters').optional(),
})
  .superRefine((fields, ctx) => {
    for (const message of keyProblems(fields)) ctx.addIssue({ code: 'custom', message });
  })
  .transform(
    ({ name, issuer, audience, algorithms, typ, maxAgeSeconds, defaultTenant, ...keys }): IssuerConfig => ({
      name,
      issuer,
      audiences: audience === undefined ? [] : [audience].flat(),
      algorithms,
      typ,
      maxAgeSeconds,
      defaultTenant: defaultTenant ?? null,
      key: issuerKey(keys),
    }),
  );

/** JWT_ISSUERS: a JSON array of entries. `.env.example` documents the fields. */
export const issuers = jsonArray(entry)
  .refine((list) => isDistinct(list.map(({ name }) => name)), 'has a name twice')
  .refine((list) => isDistinct(list.flatMap(({ issuer }) => issuer ?? [])), 'has an issuer twice')
  .optional();

/** A secret verifies HS256 only, and a public key only what belongs to its kind: no token chooses another use of it. */
function keyProblems({ algorithms, secret, jwksUrl, publicKey }: KeyFields): string[] {
  const given = [secret, jwksUrl, publicKey].filter((key) => key !== undefined);
  if (given.length !== 1) return ['must have exactly one of secret, jwksUrl and publicKey'];
  const own = publicKey ? [algorithmOf(publicKey)] : secret ? ['HS256'] : PUBLIC_KEY_ALGORITHMS;
  const what = publicKey ? 'this publicKey' : secret ? 'a secret' : 'a jwksUrl';
  const isFitting = algorithms.every((name) => (own as readonly unknown[]).includes(name));
  return isFitting ? [] : [`has algorithms that do not fit: ${what} goes with ${own.join(', ')} only`];
}

function issuerKey({ secret, jwksUrl, publicKey }: Omit<KeyFields, 'algorithms'>): IssuerConfig['key'] {
  if (secret !== undefined) return { secret };
  if (jwksUrl !== undefined) return { jwksUrl };
  return { publicKey: publicKey!, algorithm: algorithmOf(publicKey!)! };
}

interface KeyFields {
  algorithms: readonly string[];
  secret?: string | undefined;
  jwksUrl?: string | undefined;
  publicKey?: KeyObject | undefined;
}
