import { randomUUID } from 'node:crypto';
import { OPERATOR_TENANT_ID } from '../../../access/permissions.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../../../core/jwt/compact-jwt.ts';
import type { Database } from '../../../infra/database.ts';
import { recordAct } from '../../../kernel/audit/audit.ts';

/**
 * Refuses one token of an issuer from now on, or all tokens of a subject that were issued up to a time. The latter is
 * also how a token without a `jti` is refused. Idempotent; an earlier time changes nothing.
 */
export async function denyTokens({ sql }: Pick<Database, 'sql'>, denial: Denial): Promise<void> {
  if ('tokenId' in denial) {
    await sql(
      `INSERT INTO denied_tokens (id, issuer, jti, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (issuer, jti) DO NOTHING`,
      [randomUUID(), denial.issuer, denial.tokenId, denial.expiresAt],
    );
    return;
  }
  await sql(
    `INSERT INTO denied_tokens (id, issuer, subject, external_tenant_id, issued_by)
     VALUES ($1, $2, $3, COALESCE($4, ''), COALESCE($5, now() + make_interval(secs => ${CLOCK_TOLERANCE_SECONDS})))
     ON CONFLICT (issuer, subject, external_tenant_id)
     DO UPDATE SET issued_by = GREATEST(denied_tokens.issued_by, EXCLUDED.issued_by)`,
    [randomUUID(), denial.issuer, denial.subject, denial.tenantId, denial.issuedBy],
  );
}

/** Does so with the operator's command. The act is in the operator's log and, for a known user, in that of their tenant. */
export async function denyByOperator(
  { transact }: Pick<Database, 'transact'>,
  denial: Denial,
): Promise<void> {
  const { issuer } = denial;
  await transact(async (tx) => {
    await denyTokens(tx, denial);
    const detail = { issuer, tokenId: 'tokenId' in denial ? denial.tokenId : null };
    await recordAct(tx, 'token.denied', { tenantId: OPERATOR_TENANT_ID, actorId: null, detail });
    if ('tokenId' in denial) return;
    const tenant = { issuer, externalId: denial.tenantId ?? undefined };
    const users = await tx.prisma.user.findMany({ where: { subject: denial.subject, tenant } });
    for (const { id, tenantId } of users) {
      const target = { type: 'User', id } as const;
      await recordAct(tx, 'token.denied', { tenantId, actorId: null, target, detail });
    }
  });
}

/** Deletes the entries of tokens that have long expired. */
export async function forgetExpiredDenials({ database }: { database: Pick<Database, 'sql'> }): Promise<void> {
  await database.sql(`DELETE FROM denied_tokens WHERE expires_at < now() - interval '1 hour'`);
}

export type Denial =
  | {
      issuer: string;
      /** The `jti` of the token. */
      tokenId: string;
      /** When the token expires by itself. Null: unknown, so the entry is kept for ever. */
      expiresAt: Date | null;
    }
  | {
      issuer: string;
      /** The id of the user at the issuer. */
      subject: string;
      /** The id of their tenant at the issuer. Null: the subject in every tenant. */
      tenantId: string | null;
      /** Null: now, and as much later as the clock of the issuer may be ahead. */
      issuedBy: Date | null;
    };
