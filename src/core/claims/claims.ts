/**
 * Claims: the exclusive right of one worker to work on a subject and to write to its log.
 *
 * A claim is *free*, *held* (its lease is valid and its holder renews it) or *expired* (its lease has ended). Taking
 * a free or expired claim raises the fence in the row of the subject's log, in the same statement. From then on the
 * log rejects writes of earlier holders, including writes that were waiting for the row (see `event-log.ts`). A lease
 * depends on clocks and may be misjudged; the fence does not.
 *
 * All times are those of the database. `claim` locks the row of the claim, then the row of the log: a transaction that
 * does more should use the same order. `renew` never waits for a lock.
 */
import type { LogKind } from '../event-log/log.ts';
import type { Sql } from '../sql.ts';

/**
 * Takes the claim on the log `id` for `leaseMs`. Null when any process, including `holder`, already holds it.
 * Creates the log if it does not exist. Every write under this claim must carry `fence`.
 */
export async function claim(
  sql: Sql,
  id: string,
  holder: string,
  leaseMs: number,
): Promise<{ fence: number } | null> {
  const [taken] = await sql<{ fence: number }>(
    `WITH taken AS (
       INSERT INTO claims AS held (id, holder, expires_at) VALUES ($1, $2, ${LEASE_END})
       ON CONFLICT (id) DO UPDATE SET holder = $2, expires_at = ${LEASE_END}
       WHERE held.expires_at <= clock_timestamp()
       RETURNING id
     )
     INSERT INTO event_logs AS log (id, fence) SELECT id, 1 FROM taken
     ON CONFLICT (id) DO UPDATE SET fence = log.fence + 1
     RETURNING fence`,
    [id, holder, leaseMs],
  );
  return taken ?? null;
}

/**
 * Renews those of the claims that `holder` still has, in one statement, and returns their ids. A claim whose row is
 * locked by another transaction counts as held and is renewed the next time.
 */
export async function renew(
  sql: Sql,
  holder: string,
  ids: readonly string[],
  leaseMs: number,
): Promise<Set<string>> {
  const held = await sql<{ id: string }>(
    `WITH free AS (
       SELECT id FROM claims WHERE id = ANY($1::text[]) AND holder = $2 FOR UPDATE SKIP LOCKED
     ),
     renewed AS (
       UPDATE claims SET expires_at = ${LEASE_END} FROM free WHERE claims.id = free.id
     )
     SELECT id FROM claims WHERE id = ANY($1::text[]) AND holder = $2`,
    [ids, holder, leaseMs],
  );
  return new Set(held.map(({ id }) => id));
}

/** Releases the claim if `holder` still has it, so that any process can take it immediately. */
export async function release(sql: Sql, id: string, holder: string): Promise<void> {
  await sql('DELETE FROM claims WHERE id = $1 AND holder = $2', [id, holder]);
}

/**
 * An SQL condition: no process works on the subject whose id is in `column`. Lets statements that look for work
 * stay free of the columns of `claims`.
 */
export function withoutLiveClaim(log: LogKind, column: string): string {
  return `NOT EXISTS (
    SELECT FROM claims WHERE id = '${log.prefix}' || ${column} AND expires_at > clock_timestamp())`;
}

const LEASE_END = `clock_timestamp() + $3 * interval '1 ms'`;
