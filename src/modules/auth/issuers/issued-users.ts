import type { Plan, Role } from '../../../generated/prisma/enums.ts';
import type { Database, Tx } from '../../../infra/database.ts';
import { recordAct } from '../../../kernel/audit/audit.ts';
import type { Identity } from './identity.ts';

/**
 * The user of a token, whether they may sign in, and whether the token is denied, in one statement. Null for somebody
 * who has never been here; `isDenied` is also known then.
 */
export async function findIssuedUser(
  { sql }: Pick<Database, 'sql'>,
  { issuer, tenantId, userId, tokenId, issuedAt }: Identity,
): Promise<{ isDenied: boolean; user: IssuedUser | null }> {
  const [row] = await sql<Row>(
    `SELECT ${isDenied({ issuer: '$1', tokenId: '$4', subject: '$3', tenantId: '$2', issuedAt: '$5' })} AS "isDenied",
       u.id, u.tenant_id AS "tenantId", u.role, u.plan, u.email, u.display_name AS "displayName",
       u.removed_at IS NOT NULL AS "isRemoved",
       COALESCE(token.issued_at < u.identity_issued_at, u.identity_issued_at IS NOT NULL) AS "isOutdated",
       COALESCE(token.issued_at > u.identity_issued_at, token.issued_at IS NOT NULL) AS "isNewest"
     FROM (VALUES (date_trunc('milliseconds', to_timestamp($5::float8)))) AS token (issued_at)
     LEFT JOIN tenants t ON t.issuer = $1 AND t.external_id = $2
     LEFT JOIN users u ON u.tenant_id = t.id AND u.subject = $3`,
    [issuer, tenantId, userId, tokenId, issuedAt],
  );
  const { isDenied: denied, ...user } = row!;
  return { isDenied: denied, user: user.id === null ? null : (user as IssuedUser) };
}

/**
 * Whether the deny list has a token: by its id, or by its subject up to a time. A token that does not say when it was
 * issued counts as issued before. The arguments are SQL expressions.
 */
export function isDenied({ issuer, tokenId, subject, tenantId, issuedAt }: TokenColumns): string {
  return `EXISTS (SELECT 1 FROM denied_tokens d WHERE d.issuer = ${issuer}
    AND (d.jti = ${tokenId}::text
      OR (d.subject = ${subject} AND d.external_tenant_id IN ('', ${tenantId})
        AND COALESCE(to_timestamp(${issuedAt}::float8) <= d.issued_by, true))))`;
}

/** Stores a user who is here for the first time, and their tenant. Safe for concurrent requests of the same user. */
export async function createIssuedUser(tx: Tx, identity: Identity, plan: Plan): Promise<void> {
  const { issuer, tenantId: externalId, userId: subject, role, email } = identity;
  await tx.prisma.tenant.createMany({
    data: [{ issuer, externalId, name: externalId }],
    skipDuplicates: true,
  });
  const { id: tenantId } = await tx.prisma.tenant.findUniqueOrThrow({
    where: { issuer_externalId: { issuer, externalId } },
  });
  const displayName = identity.displayName ?? email ?? subject;
  const identityIssuedAt = issueTime(identity);
  const created = await tx.prisma.user.createManyAndReturn({
    data: [{ tenantId, subject, role, email, displayName, plan, identityIssuedAt }],
    skipDuplicates: true,
  });
  for (const { id } of created) {
    const target = { type: 'User', id } as const;
    await recordAct(tx, 'account.provisioned', { tenantId, actorId: id, target, detail: { issuer, role } });
  }
}

/**
 * Stores what the token says otherwise than the row: its issuer is the authority on its users. A token that was issued
 * before the one that the row follows changes nothing: it would bring back a role that has been taken away.
 */
export async function followIdentity(
  { transact }: Pick<Database, 'transact'>,
  user: IssuedUser,
  identity: Identity,
): Promise<IssuedUser> {
  if (user.isOutdated) return user;
  const { role } = identity;
  const email = identity.email ?? user.email;
  const displayName = identity.displayName ?? user.displayName;
  const isSame = role === user.role && email === user.email && displayName === user.displayName;
  if (isSame && !user.isNewest) return user;
  const { id, tenantId } = user;
  await transact(async (tx) => {
    const [updated] = await tx.sql(
      `UPDATE users SET role = $3::"Role", email = $4, display_name = $5, identity_issued_at = $6
       WHERE id = $1 AND tenant_id = $2 AND removed_at IS NULL
         AND (identity_issued_at IS NULL OR identity_issued_at <= $6) RETURNING id`,
      [id, tenantId, role, email, displayName, issueTime(identity)],
    );
    if (!updated || role === user.role) return;
    const act = {
      target: { type: 'User', id },
      detail: { from: user.role, to: role, issuer: identity.issuer },
    } as const;
    await recordAct(tx, 'user.role-changed', { tenantId, actorId: null, ...act });
  });
  return { ...user, role, email, displayName };
}

type TokenColumns = Record<'issuer' | 'tokenId' | 'subject' | 'tenantId' | 'issuedAt', string>;
function issueTime({ issuedAt }: Identity): Date | null {
  return issuedAt === null ? null : new Date(issuedAt * 1_000);
}

type Row = { isDenied: boolean } & { [Name in keyof IssuedUser]: IssuedUser[Name] | null };

export interface IssuedUser {
  id: string;
  tenantId: string;
  role: Role;
  plan: Plan;
  email: string | null;
  displayName: string;
  isRemoved: boolean;
  /** Whether the row follows a token that was issued later than this one. */
  isOutdated: boolean;
  /** Whether no token that was issued as late as this one has been seen. */
  isNewest: boolean;
}
