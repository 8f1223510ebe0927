import { createHash, randomBytes } from 'node:crypto';
import type { Viewer } from '../../access/viewer.ts';
import { storableJson } from '../../core/text/storable-text.ts';
import { uuidV7 } from '../../core/uuid-v7.ts';
import type { Tx } from '../../infra/database.ts';
import type { AuditAction } from './audit-actions.ts';
import type { Context } from '../context.ts';
import type { Notice } from '../notice.ts';

/**
 * Records an act in the audit log of a tenant, in the transaction of the act and in one statement. The entry is linked
 * into the chain of its tenant later (modules/audit), so that no transaction waits for another one here.
 */
export async function recordAct(
  { sql }: Pick<Tx, 'sql'>,
  action: AuditAction,
  entry: AuditRecord,
): Promise<void> {
  const { tenantId, actorId, target = null, origin = null, detail = {} } = entry;
  const ip = origin?.client.address || null;
  const salt = randomBytes(16).toString('hex');
  await sql(
    `WITH entry AS (
       INSERT INTO audit_entries (id, tenant_id, actor_id, action, target_type, target_id, request_id, address_hash, detail)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id, tenant_id
     ), queued AS (
       INSERT INTO audit_queue (entry_id, tenant_id) SELECT id, tenant_id FROM entry
     )
     INSERT INTO audit_addresses (entry_id, ip, salt) SELECT id, $10, $11 FROM entry WHERE $10::text IS NOT NULL`,
    [
      uuidV7(),
      tenantId,
      actorId,
      action,
      target?.type ?? null,
      target?.id ?? null,
      origin?.requestId ?? null,
      ip === null ? null : hashAddress(ip, salt),
      storableJson(detail),
      ip,
      salt,
    ],
  );
}

/** What the entry keeps of an IP address. Without the salt, which is deleted with the address, it cannot be guessed. */
export function hashAddress(ip: string, salt: string): string {
  return createHash('sha256').update(`${salt} ${ip}`).digest('hex');
}

/** Records with `record` that what was accepted for `target` resembles an attempt to steer the model, if it does. */
export async function recordFindings(
  record: (action: 'injection.suspected', act: Pick<Act, 'target' | 'detail'>) => Promise<void>,
  notices: readonly Notice[],
  target: AuditTarget,
): Promise<void> {
  const findings = notices.filter(({ code }) => code === 'INJECTION_SUSPECTED').length;
  if (findings > 0) await record('injection.suspected', { target, detail: { findings } });
}

/** The entry of an act in a request, by default of its viewer and in the log of the viewer's tenant. */
export function recordOf(
  viewer: Viewer | null,
  origin: AuditOrigin,
  { by, detail, ...act }: Act,
): AuditRecord {
  const actor = by ?? (viewer && { tenantId: viewer.tenantId, userId: viewer.userId });
  if (!actor) throw new Error('an act without a viewer must name its tenant');
  const credential = viewer?.userId === actor.userId && credentialOf(viewer!);
  return {
    ...act,
    tenantId: actor.tenantId,
    actorId: actor.userId,
    origin,
    detail: { ...detail, ...credential },
  };
}

/** A token of another issuer is no object of this server. */
function credentialOf({ credential: { kind, id } }: Viewer): AuditDetail {
  if (kind === 'ISSUER') return {};
  return { credential: { type: kind === 'SESSION' ? 'Session' : 'ApiKey', id } };
}

/** What a use case records. */
export interface Act {
  target?: AuditTarget;
  detail?: AuditDetail;
  /** Who acts, in the log of which tenant. Default: the viewer in their own. A `userId` belongs to the tenant. */
  by?: { tenantId: string; userId: string | null };
}

export interface AuditRecord {
  tenantId: string;
  /** A user of the tenant. Null: nobody who was signed in, the operator's command line, or somebody of another tenant. */
  actorId: string | null;
  target?: AuditTarget;
  /** The request. Null: the act belongs to none, or to one that is not known. */
  origin?: AuditOrigin | null;
  detail?: AuditDetail;
}

/** An object: the name of its type in GraphQL, and the id of its row. */
export interface AuditTarget {
  type:
    | 'User'
    | 'Tenant'
    | 'Session'
    | 'ApiKey'
    | 'LlmKey'
    | 'Invitation'
    | 'Conversation'
    | 'PipelineTemplate'
    | 'PipelineExecution'
    | 'ApprovalRequest';
  id: string;
}

/** Objects, names of this API and numbers. Never secrets or personal data: entries are kept for ever. */
export type AuditDetail = Readonly<
  Record<string, AuditTarget | string | number | boolean | null | readonly string[]>
>;

export type AuditOrigin = Pick<Context, 'requestId'> & { client: Pick<Context['client'], 'address'> };
