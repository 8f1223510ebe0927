import { correctSpent, readAllSpent } from '../../core/spending/holds.ts';
import type { Sql } from '../../core/sql.ts';
import type { Database } from '../../infra/database.ts';
import { dollars } from './budget.ts';

/**
 * Proves the books: each entry belongs to one step of its run or to one reply of its conversation, so that steps add up
 * to runs and both add up to days; and each counter of a limit has what the ledger says. Entries of deleted runs and
 * conversations count for themselves: the ledger keeps their ids. Sees one moment, also while the server works.
 */
export async function verifyLedger({ snapshot }: Pick<Database, 'snapshot'>): Promise<LedgerReport> {
  return snapshot(async ({ sql }) => {
    const misplaced = await sql<{ id: string }>(MISPLACED);
    return {
      days: await sql<DayReport>(DAYS),
      entries: misplaced.map(({ id }) => id),
      counters: await differentCounters(sql),
    };
  });
}

/** Sets counters to what the ledger says. What is spent meanwhile changes the ledger and the counter alike. */
export async function repairCounters(sql: Sql, counters: LedgerReport['counters']): Promise<void> {
  const differences = counters.map(({ id, countedMicros, bookedMicros }) => {
    return [id, bookedMicros - countedMicros] as const;
  });
  await correctSpent(sql, new Map(differences));
}

/** Every user and tenant has a counter; a key, a run and the server only with a limit. */
async function differentCounters(sql: Sql): Promise<LedgerReport['counters']> {
  const counted = await readAllSpent(sql);
  const rows = await sql<{ id: string; micros: string }>(BOOKED);
  const booked = new Map(rows.map(({ id, micros }) => [id, BigInt(micros)]));
  const expected = [...booked.keys()].filter((id) => counted.has(id) || ALWAYS_COUNTED.test(id));
  const ids = [...new Set([...expected, ...counted.keys()])].toSorted();
  return ids
    .map((id) => ({ id, countedMicros: counted.get(id) ?? 0n, bookedMicros: booked.get(id) ?? 0n }))
    .filter(({ countedMicros, bookedMicros }) => countedMicros !== bookedMicros);
}

const ALWAYS_COUNTED = /^(user|tenant):/;

/** One line for each day of a tenant, then what is wrong. */
export function formatLedger({ days, entries, counters }: LedgerReport): string[] {
  return [
    ...days.map(
      ({ tenantId, day, calls, estimated, ...micros }) =>
        `${tenantId} ${day} ${calls} calls ${amount(micros.cost)} = runs ${amount(micros.runs)} + replies ${amount(micros.replies)}` +
        ` (${estimated} estimated; ${amount(micros.unbooked)} above reservations, not booked)`,
    ),
    ...entries.map((id) => `BROKEN: entry ${id} belongs to no step of its run and to no reply`),
    ...counters.map(
      ({ id, countedMicros, bookedMicros }) =>
        `BROKEN: counter ${id} says ${dollars(countedMicros)}, the ledger ${dollars(bookedMicros)}`,
    ),
  ];
}

function amount(micros: string): string {
  return dollars(BigInt(micros));
}

const DAYS = `
  SELECT tenant_id AS "tenantId", day, count(*)::int AS calls, count(*) FILTER (WHERE estimated)::int AS estimated,
    sum(cost_micros)::text AS cost, sum(unbooked_micros)::text AS unbooked,
    coalesce(sum(cost_micros) FILTER (WHERE step_key IS NOT NULL), 0)::text AS runs,
    coalesce(sum(cost_micros) FILTER (WHERE message_id IS NOT NULL), 0)::text AS replies
  FROM ledger_entries GROUP BY tenant_id, day ORDER BY day, tenant_id`;

/** Runs and conversations that were deleted are not there to be asked. */
const MISPLACED = `
  SELECT entry.id FROM ledger_entries entry
  LEFT JOIN pipeline_executions run ON run.id = entry.execution_id
  LEFT JOIN conversations talk ON talk.id = entry.conversation_id
  WHERE entry.cost_micros < 0 OR entry.unbooked_micros < 0
    OR (entry.execution_id IS NULL) = (entry.conversation_id IS NULL)
    OR (entry.execution_id IS NULL) <> (entry.step_key IS NULL)
    OR (entry.conversation_id IS NULL) <> (entry.message_id IS NULL)
    OR coalesce(run.tenant_id, talk.tenant_id, entry.tenant_id) <> entry.tenant_id
    OR coalesce(run.owner_id, talk.owner_id, entry.user_id) <> entry.user_id
    OR run.id IS NOT NULL AND NOT EXISTS (
      SELECT FROM step_executions step WHERE step.execution_id = run.id AND step.key = entry.step_key)
    OR talk.id IS NOT NULL AND NOT EXISTS (
      SELECT FROM messages reply WHERE reply.conversation_id = talk.id AND reply.id = entry.message_id)
  ORDER BY entry.id LIMIT 100`;

/** What counts for each limit (`budget.ts`), by the id of its account. A key counts for those that created it, too. */
const BOOKED = `
  WITH RECURSIVE lineage AS (
    SELECT DISTINCT api_key_id AS key, api_key_id AS ancestor FROM ledger_entries WHERE api_key_id IS NOT NULL
    UNION
    SELECT lineage.key, api_keys.created_by_key_id FROM lineage
    JOIN api_keys ON api_keys.id = lineage.ancestor AND api_keys.created_by_key_id IS NOT NULL
  ), booked AS (
    SELECT 'user:' || user_id || ':' || day AS id, cost_micros FROM ledger_entries
    UNION ALL SELECT 'tenant:' || tenant_id || ':' || day, cost_micros FROM ledger_entries
    UNION ALL SELECT 'key:' || ancestor || ':' || day, cost_micros FROM ledger_entries JOIN lineage ON key = api_key_id
    UNION ALL SELECT 'server:' || day, cost_micros FROM ledger_entries
    UNION ALL SELECT 'run:' || execution_id, cost_micros FROM ledger_entries WHERE execution_id IS NOT NULL
  )
  SELECT id, sum(cost_micros)::text AS micros FROM booked GROUP BY id`;

export interface LedgerReport {
  days: DayReport[];
  /** Ids of entries that belong to nothing; at most 100. */
  entries: string[];
  /** Those that differ from the ledger. */
  counters: { id: string; countedMicros: bigint; bookedMicros: bigint }[];
}

/** Amounts in micro-dollars. */
interface DayReport {
  tenantId: string;
  day: string;
  calls: number;
  estimated: number;
  cost: string;
  runs: string;
  replies: string;
  unbooked: string;
}
