import type { Sql } from '../../core/sql.ts';
import type { Services } from '../../kernel/context.ts';
import { type ChainHead, EMPTY_CHAIN, ENTRY_COLUMNS, type LinkedEntry, linkHash } from './link-hash.ts';

/**
 * Links committed entries to the chains of their tenants, so that no act waits for another one. An entry enters the queue
 * in the transaction of its act and leaves it in that of its link: entries that commit out of order, and those of a
 * process that has ended, are linked once. One process links at a time; the others skip their turn.
 */
export async function linkAuditEntries({ database }: Pick<Services, 'database'>): Promise<void> {
  const waiting = await database.sql('SELECT 1 FROM audit_queue LIMIT 1');
  if (waiting.length === 0) return;
  await database.transact(async ({ sql }) => {
    const [lock] = await sql<{ isMine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('audit chain', 0)) AS "isMine"`,
    );
    if (!lock?.isMine) return;
    // Linking one again would fail, and with it every turn after.
    await sql('DELETE FROM audit_queue q USING audit_links l WHERE l.entry_id = q.entry_id');
    const entries = await sql<LinkedEntry>(
      `SELECT ${ENTRY_COLUMNS} FROM audit_queue q JOIN audit_entries e ON e.id = q.entry_id
       ORDER BY q.entry_id LIMIT $1`,
      [MAX_BATCH],
    );
    await addLinks(sql, linksOf(entries, await headsOf(sql, entries)));
  });
}

function linksOf(entries: readonly LinkedEntry[], heads: Map<string, ChainHead>): Link[] {
  return entries.map((entry) => {
    const { id: entryId, tenantId } = entry;
    const before = heads.get(tenantId) ?? EMPTY_CHAIN;
    const head = { seq: before.seq + 1, hash: linkHash(before, entry) };
    heads.set(tenantId, head);
    return { tenantId, entryId, ...head };
  });
}

async function headsOf(sql: Sql, entries: readonly LinkedEntry[]): Promise<Map<string, ChainHead>> {
  const tenants = [...new Set(entries.map(({ tenantId }) => tenantId))];
  const heads = await sql<ChainHead & { tenantId: string }>(
    `SELECT head.tenant_id AS "tenantId", head.seq, head.hash FROM unnest($1::text[]) AS tenant(id)
     CROSS JOIN LATERAL (
       SELECT * FROM audit_links WHERE tenant_id = tenant.id ORDER BY seq DESC LIMIT 1
     ) head`,
    [tenants],
  );
  return new Map(heads.map(({ tenantId, ...head }) => [tenantId, head]));
}

async function addLinks(sql: Sql, links: readonly Link[]): Promise<void> {
  const entryIds = links.map(({ entryId }) => entryId);
  await sql(
    `INSERT INTO audit_links (tenant_id, seq, entry_id, hash)
     SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])`,
    [
      links.map(({ tenantId }) => tenantId),
      links.map(({ seq }) => seq),
      entryIds,
      links.map(({ hash }) => hash),
    ],
  );
  await sql('DELETE FROM audit_queue WHERE entry_id = ANY($1)', [entryIds]);
}

/** Bounds one transaction. */
const MAX_BATCH = 1_000;

interface Link extends ChainHead {
  tenantId: string;
  entryId: string;
}
