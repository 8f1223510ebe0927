import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { TrustedIssuer } from '../../../core/jwt/jwt-verifier.ts';
import { cleanText } from '../../../core/prompt-safety/clean-text.ts';
import { firstCharacters } from '../../../core/text/characters.ts';
import { storableText } from '../../../core/text/storable-text.ts';
import type { Role } from '../../../generated/prisma/enums.ts';
import { emailAddress, MAX_DISPLAY_NAME_LENGTH } from '../accounts/account.ts';

/**
 * Reads who a verified token is about. Null when it does not say so: without a user id, without a tenant (unless the
 * issuer has a default), or with an id that is empty, too long or no text.
 */
export function readIdentity(issuer: Issuer, claims: JWTPayload, token: string): Identity | null {
  const ids = claimedIds.safeParse({
    userId: claims.sub ?? claims['userId'] ?? claims['user_id'],
    tenantId: claims['tenant_id'] ?? issuer.defaultTenant,
    tokenId: claims.jti ?? (claims.iat === undefined ? digestOf(token) : undefined),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  });
  if (!ids.success) return null;
  return {
    ...ids.data,
    issuer: issuer.name,
    role: roleOf(claims['role']),
    email: emailAddress.safeParse(claims['email']).data ?? null,
    displayName: displayNameOf(claims['name']),
  };
}

/** Stands for the `jti` of a token that has neither one nor an `iat`, so that it alone can be denied. */
function digestOf(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.')); // a signature can be spelled in several ways
  return `sha256:${createHash('sha256').update(signed).digest('base64url')}`;
}

const MAX_ID_LENGTH = 200;
/** The last time that both JavaScript and Postgres can represent. */
const MAX_TIME_SECONDS = 8.64e12;

const id = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .refine((text) => storableText(text) === text);

const claimedIds = z.object({
  userId: id,
  tenantId: id,
  tokenId: id.nullish().transform((value) => value ?? null),
  issuedAt: z
    .number()
    .nullish()
    .transform((value) => value ?? null),
  expiresAt: z.number().transform((seconds) => new Date(Math.min(seconds, MAX_TIME_SECONDS) * 1_000)),
});

/** A role that this server does not know may only read. */
function roleOf(claim: unknown): Role {
  if (claim === undefined || claim === null) return 'USER';
  return (typeof claim === 'string' && ROLES[claim.toLowerCase()]) || 'GUEST';
}

const ROLES: Partial<Record<string, Role>> = Object.assign(Object.create(null), {
  admin: 'ADMIN',
  user: 'USER',
  guest: 'GUEST',
});

function displayNameOf(claim: unknown): string | null {
  if (typeof claim !== 'string') return null;
  const name = cleanText(firstCharacters(claim, MAX_DISPLAY_NAME_LENGTH))
    .text.replace(/\p{Cc}/gu, '')
    .trim();
  return name || null;
}

/** An issuer as this module knows it. */
export interface Issuer extends TrustedIssuer {
  name: string;
  /** The tenant of tokens without `tenant_id`. Null: they are refused. */
  defaultTenant: string | null;
}

/** What a token says about its bearer. Ids are those of the issuer. */
export interface Identity {
  issuer: string;
  userId: string;
  tenantId: string;
  /** `jti`, or a digest of a token without `jti` and `iat`; null when the token has only an `iat`. */
  tokenId: string | null;
  /** `iat` in seconds; null when the token has none. */
  issuedAt: number | null;
  expiresAt: Date;
  role: Role;
  /** Null: the token says nothing, and what is stored stays. */
  email: string | null;
  displayName: string | null;
}
