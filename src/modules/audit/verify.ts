import type { Sql } from '../../core/sql.ts';
import {
  type ChainHead,
  EMPTY_CHAIN,
  ENTRY_COLUMNS,
  hasItsAddress,
  type LinkedEntry,
  linkHash,
  type StoredAddress,
} from './link-hash.ts';

/**
 * Verifies the audit log of every tenant, and says of each what is broken first. `expected` are heads that were kept from
 * an earlier run: without them, nobody can tell a chain whose end was cut off, with its entries, from one that is shorter.
 */
export async function* verifyAuditLog(
  sql: Sql,
  expected: ReadonlyMap<string, ChainHead> = new Map(),
): AsyncGenerator<ChainReport, void, undefined> {
  for (const tenantId of await tenantsOf(sql, [...expected.keys()])) {
    const { head, problem } = await walk(sql, tenantId, expected.get(tenantId) ?? EMPTY_CHAIN);
    const tail = await readTail(sql, tenantId);
    yield { tenantId, head, ...tail, problem: problem ?? tail.problem };
  }
}

/** Follows the chain from its first link to its end, or to the first problem. */
async function walk(sql: Sql, tenantId: string, expected: ChainHead): Promise<Walk> {
  let head = EMPTY_CHAIN;
  for (let after = BELOW_ALL; ; after = head.seq) {
    const links = await readLinks(sql, tenantId, after);
    for (const link of links) {
      const problem = problemOf(link, head, tenantId) ?? mismatch(link, expected);
      if (problem) return { head, problem };
      head = { seq: link.seq, hash: link.hash };
    }
    if (links.length < PAGE_LINKS) break;
  }
  if (head.seq >= expected.seq) return { head, problem: null };
  return { head, problem: `the chain ends at link ${head.seq}, but had ${expected.seq} links` };
}

function problemOf(
  { entryId, seq, hash, ...entry }: Link,
  before: ChainHead,
  tenantId: string,
): string | null {
  const name = `entry ${entryId} (link ${seq})`;
  if (seq < 1) return `link ${seq} stands before the first`;
  if (seq !== before.seq + 1) return `link ${before.seq + 1} is missing`;
  if (!isStored(entry)) return `${name} is missing`;
  if (linkHash(before, entry) !== hash) return `${name} is not what was linked there`;
  if (entry.tenantId !== tenantId) return `${name} belongs to another tenant`;
  return hasItsAddress(entry) ? null : `${name} has another IP address than it had`;
}

function isStored(entry: Omit<Link, 'entryId' | 'seq' | 'hash'>): entry is LinkedEntry & StoredAddress {
  return entry.id !== null;
}

function mismatch({ seq, hash }: ChainHead, expected: ChainHead): string | null {
  return seq === expected.seq && hash !== expected.hash ? `link ${seq} is not the expected one` : null;
}

function readLinks(sql: Sql, tenantId: string, afterSeq: number): Promise<Link[]> {
  return sql<Link>(
    `SELECT l.seq, l.hash, l.entry_id AS "entryId", ${ENTRY_COLUMNS}, a.ip, a.salt
     FROM audit_links l
     LEFT JOIN audit_entries e ON e.id = l.entry_id
     LEFT JOIN audit_addresses a ON a.entry_id = e.id
     WHERE l.tenant_id = $1 AND l.seq > $2::bigint ORDER BY l.seq LIMIT ${PAGE_LINKS}`,
    [tenantId, afterSeq],
  );
}

/** What is not linked yet. An entry that neither has a link nor waits for one has lost it. */
async function readTail(sql: Sql, tenantId: string): Promise<Tail> {
  const [tail] = await sql<TailRow>(
    `SELECT count(e.id)::int AS unlinked,
       min(e.id) FILTER (WHERE q.entry_id IS NULL) AS lost,
       min(q.entry_id) FILTER (WHERE e.id IS NULL AND NOT q.linked) AS missing, min(e.at) AS since
     FROM (SELECT * FROM audit_entries e WHERE e.tenant_id = $1
             AND NOT EXISTS (SELECT 1 FROM audit_links l WHERE l.entry_id = e.id AND l.tenant_id = e.tenant_id)) e
     FULL JOIN (SELECT *, EXISTS (SELECT 1 FROM audit_links l WHERE l.entry_id = queued.entry_id) AS linked
                FROM audit_queue queued WHERE tenant_id = $1) q ON q.entry_id = e.id`,
    [tenantId],
  );
  const { unlinked, since, lost, missing } = tail!;
  if (lost) return { unlinked, since, problem: `entry ${lost} has lost its link` };
  return { unlinked, since, problem: missing && `entry ${missing}, which was not linked yet, is missing` };
}

async function tenantsOf(sql: Sql, expected: readonly string[]): Promise<string[]> {
  const tenants = await sql<{ id: string }>(
    `SELECT tenant_id AS id FROM audit_links UNION SELECT tenant_id FROM audit_entries
     UNION SELECT tenant_id FROM audit_queue UNION SELECT unnest($1::text[]) ORDER BY id`,
    [expected],
  );
  return tenants.map(({ id }) => id);
}

const PAGE_LINKS = 1_000;
/** Less than any position that the column can hold: links that were put before the first are found too. */
const BELOW_ALL = -(2 ** 31) - 1;

export interface ChainReport {
  tenantId: string;
  /** The last link before the problem, or of the chain. */
  head: ChainHead;
  /** Number of entries that are not linked yet. */
  unlinked: number;
  /** Time of the oldest of them. */
  since: Date | null;
  /** Null: the chain is whole. */
  problem: string | null;
}

type Walk = Pick<ChainReport, 'head' | 'problem'>;
type Tail = Pick<ChainReport, 'unlinked' | 'since' | 'problem'>;

interface TailRow {
  unlinked: number;
  since: Date | null;
  /** An entry without a link that does not wait for one. */
  lost: string | null;
  /** An entry that waits for a link and is gone. */
  missing: string | null;
}

/** The columns of the entry are null when it is missing. */
type Link = ChainHead & { entryId: string } & {
  [Name in keyof LinkedEntry]: LinkedEntry[Name] | null;
} & StoredAddress;
