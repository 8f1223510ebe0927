import type { Sql } from '../sql.ts';

/**
 * The statements of the spending gate, on two tables.
 *
 * The row of an account is the lock for its reservations: a reservation first locks the rows of all its accounts, in
 * the order of their ids. Only short transactions of the gate take these locks. A reservation has one hold per
 * account. By its `expires_at`, a hold is one of:
 *
 * - *live*: counts against the account. Its gate renews it.
 * - *expired*: counts until another reservation needs the amount and deletes it; until then its gate may still renew
 *   it. The row lock decides which of the two comes first.
 * - *settled* (`infinity`): the actual cost. Settling writes only the reservation's own rows, so that long
 *   transactions of callers never queue for an account; the next transaction that locks the account adds the amount
 *   to `spent_micros` and deletes the row.
 *
 * A transaction that has locked an account never waits for a hold: it skips a locked row and counts its old amount.
 */

/**
 * Locks the accounts until the transaction ends, creates missing ones, and applies settled and expired holds.
 * The commit does not wait for the disk: if the database host crashes at that moment, the newest holds are lost, which
 * their gate detects at the next renewal. Settled amounts are not lost.
 */
export async function openAccounts(
  sql: Sql,
  accountIds: readonly string[],
  { expiredForMs }: { expiredForMs: number },
): Promise<Map<string, AccountState>> {
  await sql(
    `INSERT INTO spending_accounts (id)
     SELECT id FROM unnest($1::text[]) AS id ORDER BY id
     ON CONFLICT (id) DO UPDATE SET spent_micros = spending_accounts.spent_micros
     RETURNING set_config('synchronous_commit', 'off', true)`,
    [accountIds],
  );
  // A separate statement, so that it sees rows committed while the first one waited for the locks.
  const rows = await sql<AccountRow>(
    `WITH done AS (
       SELECT reservation_id, account_id FROM spending_holds
       WHERE account_id = ANY($1::text[])
         AND (expires_at = 'infinity' OR expires_at <= clock_timestamp() - $2::int * interval '1 millisecond')
       FOR UPDATE SKIP LOCKED
     ), removed AS (
       DELETE FROM spending_holds AS hold USING done
       WHERE hold.reservation_id = done.reservation_id AND hold.account_id = done.account_id
       RETURNING hold.*
     ), charged AS (
       UPDATE spending_accounts SET spent_micros = spent_micros + settled.micros
       FROM (SELECT account_id, sum(amount_micros) AS micros FROM removed
             WHERE expires_at = 'infinity' GROUP BY account_id) AS settled
       WHERE id = settled.account_id
       RETURNING id, spent_micros
     ), held AS (
       SELECT account_id, sum(amount_micros) AS micros FROM spending_holds AS hold
       WHERE account_id = ANY($1::text[]) AND NOT EXISTS (
         SELECT FROM removed
         WHERE removed.reservation_id = hold.reservation_id AND removed.account_id = hold.account_id)
       GROUP BY account_id
     )
     SELECT account.id, coalesce(charged.spent_micros, account.spent_micros)::text AS spent,
       coalesce(held.micros, 0)::text AS held
     FROM spending_accounts AS account
     LEFT JOIN charged ON charged.id = account.id
     LEFT JOIN held ON held.account_id = account.id
     WHERE account.id = ANY($1::text[])`,
    [accountIds, expiredForMs],
  );
  return accountStates(rows);
}

/** Holds the amount of each reservation on all its accounts, which `openAccounts` must have locked. */
export async function insertHolds(
  sql: Sql,
  reservations: readonly NewHolds[],
  holdMs: number,
): Promise<void> {
  const rows = reservations.flatMap(({ id, accountIds, amountMicros }) =>
    accountIds.map((accountId) => ({ id, accountId, amount: String(amountMicros) })),
  );
  await sql(
    `INSERT INTO spending_holds (reservation_id, account_id, amount_micros, expires_at)
     SELECT reservation_id, account_id, micros, clock_timestamp() + $4::int * interval '1 millisecond'
     FROM unnest($1::text[], $2::text[], $3::text[]::bigint[]) AS new (reservation_id, account_id, micros)`,
    [rows.map((row) => row.id), rows.map((row) => row.accountId), rows.map((row) => row.amount), holdMs],
  );
}

/** Replaces the holds of a reservation with the actual cost, or inserts it if the holds no longer exist. */
export async function settleHolds(sql: Sql, { id, accountIds, amountMicros }: NewHolds): Promise<void> {
  await sql(
    `INSERT INTO spending_holds (reservation_id, account_id, amount_micros, expires_at)
     SELECT $1, account_id, $3::text::bigint, 'infinity' FROM unnest($2::text[]) AS account_id
     ON CONFLICT (reservation_id, account_id)
     DO UPDATE SET amount_micros = EXCLUDED.amount_micros, expires_at = EXCLUDED.expires_at`,
    [id, accountIds, String(amountMicros)],
  );
}

/** Renews the remaining holds of these reservations. Returns the number of holds of each reservation that has any. */
export async function renewHolds(
  sql: Sql,
  ids: readonly string[],
  holdMs: number,
): Promise<Map<string, number>> {
  const rows = await sql<{ reservation_id: string; holds: number }>(
    `WITH free AS (
       SELECT reservation_id, account_id FROM spending_holds
       WHERE reservation_id = ANY($1::text[]) AND expires_at < 'infinity'
       FOR UPDATE SKIP LOCKED
     ), renewed AS (
       UPDATE spending_holds AS hold SET expires_at = clock_timestamp() + $2::int * interval '1 millisecond'
       FROM free
       WHERE hold.reservation_id = free.reservation_id AND hold.account_id = free.account_id
     )
     SELECT reservation_id, count(*)::int AS holds FROM spending_holds
     WHERE reservation_id = ANY($1::text[])
     GROUP BY reservation_id`,
    [ids, holdMs],
  );
  return new Map(rows.map((row) => [row.reservation_id, row.holds]));
}

/** Deletes the unsettled holds of these reservations. */
export async function deleteHolds(sql: Sql, reservationIds: readonly string[]): Promise<void> {
  await sql(`DELETE FROM spending_holds WHERE reservation_id = ANY($1::text[]) AND expires_at < 'infinity'`, [
    reservationIds,
  ]);
}

/** At most 1,000 accounts that have settled or long expired holds which no later transaction has applied. */
export async function accountsToSweep(sql: Sql, expiredForMs: number): Promise<string[]> {
  const rows = await sql<{ account_id: string }>(
    `SELECT DISTINCT account_id FROM spending_holds
     WHERE expires_at = 'infinity' OR expires_at <= clock_timestamp() - $1::int * interval '1 millisecond'
     LIMIT 1000`,
    [expiredForMs],
  );
  return rows.map((row) => row.account_id);
}

/** The spent and held amounts of each account; zero for accounts that do not exist. Takes no locks. */
export async function readAccounts(
  sql: Sql,
  accountIds: readonly string[],
): Promise<Map<string, AccountState>> {
  const rows = await sql<AccountRow>(
    `SELECT id, (coalesce(min(account.spent_micros), 0)
         + coalesce(sum(amount_micros) FILTER (WHERE expires_at = 'infinity'), 0))::text AS spent,
       coalesce(sum(amount_micros) FILTER (WHERE expires_at > clock_timestamp() AND expires_at < 'infinity'), 0)::text AS held
     FROM unnest($1::text[]) AS id
     LEFT JOIN spending_accounts AS account USING (id)
     LEFT JOIN spending_holds AS hold ON hold.account_id = id
     GROUP BY id`,
    [accountIds],
  );
  return accountStates(rows);
}

/** Those of the reservations that are held. */
export async function heldReservations(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }>(
    `SELECT DISTINCT reservation_id AS id FROM spending_holds
     WHERE reservation_id = ANY($1::text[]) AND expires_at > clock_timestamp() AND expires_at < 'infinity'`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The spent amount of every account, with settled holds that are not applied yet. */
export async function readAllSpent(sql: Sql): Promise<Map<string, bigint>> {
  const rows = await sql<{ id: string; spent: string }>(
    `SELECT id, (coalesce(spent_micros, 0) + coalesce(settled, 0))::text AS spent
     FROM spending_accounts FULL JOIN (
       SELECT account_id AS id, sum(amount_micros) AS settled FROM spending_holds
       WHERE expires_at = 'infinity' GROUP BY account_id) AS waiting USING (id)`,
  );
  return new Map(rows.map(({ id, spent }) => [id, BigInt(spent)]));
}

/** Adds a difference to what each account has spent. What is reserved or settled meanwhile counts as ever. */
export async function correctSpent(sql: Sql, differences: ReadonlyMap<string, bigint>): Promise<void> {
  await sql(
    `INSERT INTO spending_accounts AS account (id, spent_micros)
     SELECT id, micros FROM unnest($1::text[], $2::text[]::bigint[]) AS added (id, micros) ORDER BY id
     ON CONFLICT (id) DO UPDATE SET spent_micros = account.spent_micros + EXCLUDED.spent_micros`,
    [[...differences.keys()], [...differences.values()].map(String)],
  );
}

function accountStates(rows: readonly AccountRow[]): Map<string, AccountState> {
  return new Map(
    rows.map((row) => [row.id, { spentMicros: BigInt(row.spent), heldMicros: BigInt(row.held) }]),
  );
}

export interface AccountState {
  spentMicros: bigint;
  /** Held by reservations that are neither settled nor expired. */
  heldMicros: bigint;
}

export interface NewHolds {
  /** The id of the reservation. */
  id: string;
  accountIds: readonly string[];
  amountMicros: bigint;
}

interface AccountRow {
  id: string;
  spent: string;
  held: string;
}
