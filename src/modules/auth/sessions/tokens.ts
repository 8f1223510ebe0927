import {
  createHmac,
  createSecretKey,
  hkdfSync,
  randomUUID,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { CLOCK_TOLERANCE_SECONDS, isCompactJwt } from '../../../core/jwt/compact-jwt.ts';
import { storableText } from '../../../core/text/storable-text.ts';
import { expiredTokenError } from '../errors.ts';

/**
 * Issues and verifies access tokens and refresh tokens, each kind with its own key derived from SECRET_KEY.
 *
 * An access token is a signed JWT that names a user and a session; the session's row says whether it is still open.
 * A refresh token is `<id>.<HMAC of id>`: it is computed from the id of its row and never stored.
 */
export class Tokens {
  readonly #accessKey: KeyObject;
  readonly #refreshKey: KeyObject;
  readonly #lifetimeSeconds: number;
  readonly #clock: () => Date;

  constructor({ secretKey, accessTokenMinutes, clock }: TokenSettings) {
    this.#accessKey = deriveKey(secretKey, 'access tokens');
    this.#refreshKey = deriveKey(secretKey, 'refresh tokens');
    this.#lifetimeSeconds = accessTokenMinutes * 60;
    this.#clock = clock;
  }

  async issueAccessToken(subject: AccessSubject): Promise<{ token: string; expiresAt: Date }> {
    const issuedAt = Math.floor(this.#clock().getTime() / 1000);
    const expiresAt = issuedAt + this.#lifetimeSeconds;
    const token = await new SignJWT({ sid: subject.sessionId, tenant_id: subject.tenantId })
      .setProtectedHeader({ alg: 'HS256', typ: TOKEN_TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(this.#accessKey);
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /**
   * Returns the claims of a valid access token of this server; null for any other string.
   * Errors: UNAUTHENTICATED for a genuine token that has expired.
   */
  async verifyAccessToken(token: string): Promise<AccessClaims | null> {
    if (!isCompactJwt(token)) return null;
    try {
      const { payload } = await jwtVerify(token, this.#accessKey, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TOKEN_TYPE,
        requiredClaims: ['exp', 'iat', 'jti', 'sub', 'sid', 'tenant_id'],
        maxTokenAge: this.#lifetimeSeconds,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: this.#clock(),
      });
      const { sub, sid, tenant_id, exp } = accessPayload.parse(payload);
      return { userId: sub, sessionId: sid, tenantId: tenant_id, expiresAt: new Date(exp * 1000) };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw expiredTokenError();
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
      throw error;
    }
  }

  refreshToken(id: string): string {
    return `${id}.${this.#sign(id).toString('base64url')}`;
  }

  /** Returns the id in a refresh token; null when it is not, to the character, the token of that id. */
  readRefreshToken(token: string): string | null {
    const [id = ''] = token.split('.', 1);
    const given = Buffer.from(token);
    // As text: a decoder of base64url also accepts padding, spaces and other last characters.
    const expected = Buffer.from(this.refreshToken(id));
    return given.length === expected.length && timingSafeEqual(given, expected) ? id : null;
  }

  #sign(id: string): Buffer {
    return createHmac('sha256', this.#refreshKey).update(id).digest();
  }
}

const ISSUER = 'agentforge';
const AUDIENCE = 'agentforge-api';
/** The type of access tokens in RFC 9068; all other kinds of JWTs are rejected. */
const TOKEN_TYPE = 'at+jwt';

const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => storableText(text) === text);

const accessPayload = z.object({
  sub: id,
  sid: id,
  tenant_id: id,
  exp: z.number(),
});

function deriveKey(secretKey: string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', `agentforge ${purpose}`, 32)));
}

export interface TokenSettings {
  secretKey: string;
  accessTokenMinutes: number;
  clock: () => Date;
}

export interface AccessSubject {
  userId: string;
  tenantId: string;
  sessionId: string;
}

export interface AccessClaims extends AccessSubject {
  expiresAt: Date;
}

declare module '../../../kernel/context.ts' {
  interface Services {
    tokens: Tokens;
  }
}
