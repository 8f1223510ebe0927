/**
 * Claims: the right of one worker at a time to work on a subject and to write its log.
 *
 * A claim is *free*, *held* (its lease runs, its holder renews it) or *expired* (its lease has run out). Taking a
 * free or expired one raises the fence in the row of the subject's log, in the same statement. From then on all
 * that earlier holders still write there is refused, also what was waiting for the row (see `event-log.ts`): a
 * lease is a matter of time and may be misjudged, the fence is not.
 *
 * All times are the database's. `claim` locks the claim's row, then the log's: a transaction that does more should
 * do it in that order, too. `renew` waits for nobody.
 */
import type { LogKind } from '../event-log/log.ts';
import type { Sql } from '../sql.ts';

/**
 * Takes the claim on the log `id` for `leaseMs`, unless somebody holds it, `holder` included: then null.
 * Makes the log if there is none. `fence` is what every write under this claim must carry.
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
 * Renews those of the claims that `holder` still has, in one statement, and returns their ids. A claim whose row
 * another transaction has locked just now counts as held and is left for the next time.
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

/** Gives the claim back, if `holder` still has it: anyone may take it at once. */
export async function release(sql: Sql, id: string, holder: string): Promise<void> {
  await sql('DELETE FROM claims WHERE id = $1 AND holder = $2', [id, holder]);
}

/**
 * An SQL condition: nobody works on the subject whose id stands in `column`. For the statements that look for work,
 * which know their own tables only.
 */
export function withoutLiveClaim(log: LogKind, column: string): string {
  return `NOT EXISTS (
    SELECT FROM claims WHERE id = '${log.prefix}' || ${column} AND expires_at > clock_timestamp())`;
}

const LEASE_END = `clock_timestamp() + $3 * interval '1 ms'`;
