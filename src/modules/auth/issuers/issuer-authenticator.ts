import { permissionsOf } from '../../../access/permissions.ts';
import type { Credential, Viewer } from '../../../access/viewer.ts';
import type { JwtVerifier } from '../../../core/jwt/jwt-verifier.ts';
import { AppError, UnauthenticatedError } from '../../../errors.ts';
import type { Plan, Role } from '../../../generated/prisma/enums.ts';
import type { Database } from '../../../infra/database.ts';
import type { Authenticator } from '../authenticator.ts';
import { expiredTokenError } from '../errors.ts';
import { denyTokens } from './denied-tokens.ts';
import { type Identity, type Issuer, readIdentity } from './identity.ts';
import {
  createIssuedUser,
  findIssuedUser,
  followIdentity,
  isDenied,
  type IssuedUser,
} from './issued-users.ts';

/**
 * Authenticates tokens of other issuers: verifies the token, then reads its user and the deny list in one statement. A
 * user who is here for the first time gets an account in their tenant at that issuer; they are never linked to an
 * existing account.
 */
export function issuerAuthenticator({ database, verifier, defaultPlan }: IssuerServices): Authenticator {
  return {
    kind: 'ISSUER',
    async authenticate({ bearerToken }) {
      if (bearerToken === null) return null;
      const outcome = await verifier.verify(bearerToken);
      if (outcome.status === 'EXPIRED') throw expiredTokenError();
      if (outcome.status === 'UNAVAILABLE') throw new AppError('SERVICE_UNAVAILABLE', KEYS_UNAVAILABLE);
      if (outcome.status !== 'VALID') return null;
      const identity = readIdentity(outcome.issuer, outcome.claims, bearerToken);
      if (!identity) return null;
      return viewerOf(await knownUser(database, identity, defaultPlan), identity);
    },
    currentRoles: (ids) => rolesOfTokens(database, ids),
    async end(tx, credential) {
      const { issuer, tokenId, issuedAt } = readCredentialId(credential.id);
      const { expiresAt, claims } = credential;
      await denyTokens(
        tx,
        tokenId === null
          ? {
              issuer,
              subject: claims.userId,
              tenantId: claims.tenantId,
              issuedBy: issuedAt === null ? null : wholeMs(issuedAt),
            }
          : { issuer, tokenId, expiresAt },
      );
    },
  };
}

/** Errors: UNAUTHENTICATED for a denied token and for a removed user. */
async function knownUser(database: IssuerDatabase, identity: Identity, plan: Plan): Promise<IssuedUser> {
  let found = await findIssuedUser(database, identity);
  if (found.isDenied) throw new UnauthenticatedError('REVOKED', DENIED);
  if (!found.user) {
    await database.transact((tx) => createIssuedUser(tx, identity, plan));
    found = await findIssuedUser(database, identity);
  }
  const { user } = found;
  if (!user || user.isRemoved) throw new UnauthenticatedError('REVOKED', REMOVED);
  return followIdentity(database, user, identity);
}

function viewerOf({ id: userId, tenantId, role, plan }: IssuedUser, identity: Identity): Viewer {
  const { issuer, tokenId, issuedAt, expiresAt } = identity;
  const credential: Credential = {
    kind: 'ISSUER',
    id: JSON.stringify([issuer, userId, tokenId, issuedAt] satisfies CredentialId),
    claims: { userId: identity.userId, tenantId: identity.tenantId },
    expiresAt,
  };
  return { userId, tenantId, role, plan, permissions: permissionsOf({ role, tenantId }), credential };
}

/** The current role of the user of each of these tokens; those that are denied are absent. */
export async function rolesOfTokens(
  { sql }: Pick<Database, 'sql'>,
  ids: readonly string[],
): Promise<Map<string, Role>> {
  const tokens = ids.map(readCredentialId);
  const valid = await sql<{ id: string; role: Role }>(
    `SELECT c.id, u.role
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[])
       AS c(id, issuer, user_id, token_id, issued_at)
     JOIN users u ON u.id = c.user_id AND u.removed_at IS NULL
     JOIN tenants t ON t.id = u.tenant_id
     WHERE NOT ${isDenied(LISTED)}`,
    [
      ids,
      tokens.map(({ issuer }) => issuer),
      tokens.map(({ userId }) => userId),
      tokens.map(({ tokenId }) => tokenId),
      tokens.map(({ issuedAt }) => issuedAt),
    ],
  );
  return new Map(valid.map(({ id, role }) => [id, role]));
}

const LISTED = {
  issuer: 'c.issuer',
  tokenId: 'c.token_id',
  subject: 'u.subject',
  tenantId: 't.external_id',
  issuedAt: 'c.issued_at',
};

/** A credential's id holds all that the deny list needs, because tokens are not stored. */
function readCredentialId(id: string) {
  const [issuer, userId, tokenId, issuedAt] = JSON.parse(id) as CredentialId;
  return { issuer, userId, tokenId, issuedAt };
}

/** Rounded up to what the database stores, so that the time covers the token itself. */
function wholeMs(seconds: number): Date {
  return new Date(Math.ceil(seconds * 1_000));
}

const KEYS_UNAVAILABLE =
  'The keys of the issuer of this token are temporarily unavailable. Try again in a moment.';
const DENIED = 'This access token has been revoked. Sign in again.';
const REMOVED = 'The user of this access token has been removed.';

type CredentialId = [issuer: string, userId: string, tokenId: string | null, issuedAt: number | null];
type IssuerDatabase = Pick<Database, 'sql' | 'transact'>;

interface IssuerServices {
  database: IssuerDatabase;
  verifier: JwtVerifier<Issuer>;
  /** The plan of users who are here for the first time. */
  defaultPlan: Plan;
}
