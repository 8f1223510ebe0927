import type { AccountLinkPurpose } from '../../../generated/prisma/enums.ts';
import type { Database, Tx } from '../../../infra/database.ts';
import { recordAct } from '../../../kernel/audit/audit.ts';
import { fromNow } from '../from-now.ts';
import { hashSecret, newSecret } from '../secret.ts';

/**
 * Links that prove the access to an e-mail address: each works once, for an hour, and only while the account has the
 * address that it was made for. An account has one of each purpose: a new one replaces the one before.
 * Null when the account has the address no longer: an erased address is not stored again.
 */
export async function createLink(
  tx: Tx,
  purpose: AccountLinkPurpose,
  user: LinkedUser,
): Promise<string | null> {
  const token = newSecret();
  // Two requests at the same time would otherwise both leave a link.
  const locked = await tx.sql(
    'SELECT id FROM users WHERE id = $1 AND email = $2 AND removed_at IS NULL FOR NO KEY UPDATE',
    [user.id, user.email],
  );
  if (locked.length === 0) return null;
  await tx.prisma.accountLink.deleteMany({ where: { userId: user.id, purpose } });
  await tx.prisma.accountLink.create({
    data: {
      userId: user.id,
      purpose,
      email: user.email,
      tokenHash: hashSecret(token),
      expiresAt: await fromNow(tx.sql, '1 hour'),
    },
  });
  return token;
}

/** Creates a link with the operator's command. Null as `createLink`. */
export function linkByOperator(
  { transact }: Pick<Database, 'transact'>,
  purpose: AccountLinkPurpose,
  { id, tenantId, email }: LinkedUser & { tenantId: string },
): Promise<string | null> {
  return transact(async (tx) => {
    const token = await createLink(tx, purpose, { id, email });
    const act = { target: { type: 'User', id }, detail: { purpose } } as const;
    if (token) await recordAct(tx, 'account.link-created', { tenantId, actorId: null, ...act });
    return token;
  });
}

/** Uses a link up, and returns its account. Null when it does not work, or works no longer. */
export async function useLink(
  { sql }: Pick<Tx, 'sql'>,
  purpose: AccountLinkPurpose,
  token: string,
): Promise<LinkedUser | null> {
  const [user] = await sql<LinkedUser>(
    `UPDATE account_links l SET used_at = now() FROM users u WHERE ${WORKS} RETURNING u.id, u.email`,
    [hashSecret(token), purpose],
  );
  return user ?? null;
}

/** Whether a link would work now. */
export async function canUseLink(
  { sql }: Pick<Tx, 'sql'>,
  purpose: AccountLinkPurpose,
  token: string,
): Promise<boolean> {
  const found = await sql(`SELECT 1 FROM account_links l, users u WHERE ${WORKS}`, [
    hashSecret(token),
    purpose,
  ]);
  return found.length > 0;
}

const WORKS = `l.token_hash = $1 AND l.purpose = $2::"AccountLinkPurpose" AND l.used_at IS NULL
  AND l.expires_at > now() AND u.id = l.user_id AND u.email = l.email AND u.subject IS NULL AND u.removed_at IS NULL`;

export interface LinkedUser {
  id: string;
  email: string;
}
