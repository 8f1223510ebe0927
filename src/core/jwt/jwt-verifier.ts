import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, readUnverified, type UnverifiedJwt } from './compact-jwt.ts';
import { KeysUnavailableError, RemoteKeySet, type RemoteKeySetOptions } from './remote-key-set.ts';
import type { JwtAlgorithm, PublicKeyAlgorithm } from './verification-key.ts';

/**
 * Verifies tokens of several issuers. The `iss` of a token chooses the issuer, and the issuer alone says which key and
 * which algorithms: nothing in a token's header leads to a key, except that `kid` chooses among the issuer's own. A
 * token without `iss` may be of any issuer that has none.
 *
 * @example const outcome = await verifier.verify(token); if (outcome.status === 'VALID') …
 */
export class JwtVerifier<Issuer extends TrustedIssuer> {
  readonly #issuers: readonly { issuer: Issuer; keys: IssuerKeys }[];
  readonly #clock: () => Date;

  constructor({ issuers, clock, onError }: JwtVerifierOptions<Issuer>) {
    const now = () => clock().getTime();
    this.#clock = clock;
    this.#issuers = issuers.map((issuer) => ({
      issuer,
      keys: keysOf(issuer, { now, onError: (error) => onError(issuer, error) }),
    }));
  }

  async verify(token: string): Promise<Outcome<Issuer>> {
    const unverified = readUnverified(token);
    const candidates = this.#issuers.filter(({ issuer }) => issuer.issuer === unverified?.claims['iss']);
    let outcome: Outcome<Issuer> = { status: 'INVALID' };
    for (const { issuer, keys } of unverified ? candidates : []) {
      const verified = await this.#verifyFor(issuer, keys, token, unverified!);
      if (verified.status === 'VALID') return verified;
      if (outcome.status === 'INVALID') outcome = verified;
    }
    return outcome;
  }

  close(): void {
    for (const { keys } of this.#issuers) keys.close();
  }

  async #verifyFor(
    issuer: Issuer,
    keys: IssuerKeys,
    token: string,
    { header }: UnverifiedJwt,
  ): Promise<Outcome<Issuer>> {
    const algorithm = issuer.algorithms.find((name) => name === header['alg']);
    if (!algorithm || 'crit' in header || 'b64' in header) return { status: 'INVALID' };
    try {
      const key = await keys.find(algorithm, header['kid']);
      if (!key) return { status: 'INVALID' };
      const { payload } = await jwtVerify(token, key, this.#checksOf(issuer, algorithm));
      const isValid = isForThisAudience(payload, issuer) && this.#hasBeenIssued(payload);
      return isValid ? { status: 'VALID', issuer, claims: payload } : { status: 'INVALID' };
    } catch (error) {
      if (error instanceof KeysUnavailableError) return { status: 'UNAVAILABLE' };
      if (error instanceof errors.JWTExpired) return { status: 'EXPIRED' };
      if (error instanceof errors.JOSEError) return { status: 'INVALID' };
      throw error;
    }
  }

  #checksOf({ issuer, audiences, typ, maxAgeSeconds }: TrustedIssuer, algorithm: JwtAlgorithm) {
    return {
      algorithms: [algorithm],
      typ,
      issuer,
      audience: audiences.length > 0 ? [...audiences] : undefined,
      requiredClaims: ['exp'],
      maxTokenAge: maxAgeSeconds,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: this.#clock(),
    };
  }

  /** jose checks `iat` only together with an age. */
  #hasBeenIssued({ iat = 0 }: JWTPayload): boolean {
    return iat >= 0 && iat <= this.#clock().getTime() / 1_000 + CLOCK_TOLERANCE_SECONDS;
  }
}

/** RFC 7519, section 4.1.3: a token for an audience is for nobody else. */
function isForThisAudience({ aud }: JWTPayload, { audiences }: TrustedIssuer): boolean {
  return audiences.length > 0 || aud === undefined;
}

function keysOf({ key }: TrustedIssuer, options: Omit<RemoteKeySetOptions, 'url'>): IssuerKeys {
  if ('jwksUrl' in key) {
    const published = new RemoteKeySet({ url: key.jwksUrl, ...options });
    return {
      find: async (algorithm, kid) => (algorithm === 'HS256' ? null : published.find(algorithm, kid)),
      close: () => published.close(),
    };
  }
  const only = 'secret' in key ? createSecretKey(key.secret, 'utf8') : key.publicKey;
  const algorithms: readonly JwtAlgorithm[] = 'secret' in key ? ['HS256'] : [key.algorithm];
  return { find: async (algorithm) => (algorithms.includes(algorithm) ? only : null), close: () => {} };
}

/** What is accepted from one issuer. */
export interface TrustedIssuer {
  /** The exact `iss` of its tokens. Undefined: its tokens have none. */
  issuer: string | undefined;
  /** One of them must be in `aud`. Empty: its tokens have no `aud`. */
  audiences: readonly string[];
  algorithms: readonly JwtAlgorithm[];
  /** The `typ` of its tokens, e.g. `JWT`. */
  typ: string;
  /** The greatest age since `iat`, which is then required. */
  maxAgeSeconds: number | undefined;
  key: IssuerKey;
}

export type IssuerKey =
  | { secret: string }
  | { publicKey: KeyObject; algorithm: PublicKeyAlgorithm }
  | { jwksUrl: string };

/** UNAVAILABLE: the keys of the issuer cannot be fetched. EXPIRED: a genuine token whose time is over. */
export type Outcome<Issuer> =
  | { status: 'VALID'; issuer: Issuer; claims: JWTPayload }
  | { status: 'EXPIRED' | 'INVALID' | 'UNAVAILABLE' };

export interface JwtVerifierOptions<Issuer> {
  issuers: readonly Issuer[];
  clock: () => Date;
  /** Called when the keys of an issuer could not be fetched. */
  onError: (issuer: Issuer, error: unknown) => void;
}

interface IssuerKeys {
  /** Errors: KeysUnavailableError. */
  find(algorithm: JwtAlgorithm, kid: unknown): Promise<KeyObject | null>;
  close(): void;
}
