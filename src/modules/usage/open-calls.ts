import { costMicros, type ModelPrice } from '../../core/llm/prices.ts';
import { estimateTokens } from '../../core/llm/tokens.ts';
import { heldReservations } from '../../core/spending/holds.ts';
import type { Reservation } from '../../core/spending/spending-gate.ts';
import type { Sql } from '../../core/sql.ts';
import { storableJson } from '../../core/text/storable-text.ts';
import type { Services } from '../../kernel/context.ts';
import { enterCall, type EntryPayer } from './ledger.ts';

/**
 * Calls that were sent and are in the ledger not yet. Written just before a call is sent, and deleted with its entry.
 * What is left behind by a process that died, or that could not write for too long, is an *abandoned* call: the provider
 * bills it, and whoever takes up its run or reply books it, with what the log holds of its text.
 */

/** Commit it before the call is sent. */
export async function recordOpenCall(sql: Sql, call: OpenCall): Promise<void> {
  const { reservation, payer } = call;
  await sql(
    `INSERT INTO open_calls (reservation_id, account_ids, reserved_micros, tenant_id, user_id, day, execution_id,
       step_key, conversation_id, message_id, api_key_id, attempt, price, input_tokens, output_limit)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      reservation.id,
      reservation.accountIds,
      String(reservation.amountMicros),
      payer.tenantId,
      payer.userId,
      call.day,
      payer.executionId ?? null,
      payer.stepKey ?? null,
      payer.conversationId ?? null,
      payer.messageId ?? null,
      payer.apiKeyId,
      call.attempt,
      storableJson(call.price),
      call.inputTokens,
      call.outputLimit,
    ],
  );
}

/** For a call that leaves no entry. */
export async function forgetOpenCall(sql: Sql, reservationId: string): Promise<void> {
  await sql('DELETE FROM open_calls WHERE reservation_id = $1', [reservationId]);
}

/**
 * Books the calls that earlier workers of a run or a reply have left behind. The caller holds its claim, so that nobody
 * else starts calls for it; a call that an earlier worker still ends is booked by whichever of the two comes first.
 */
export async function bookAbandonedCalls(
  services: Pick<Services, 'database' | 'spending' | 'logger'>,
  subject: { executionId: string } | { messageId: string },
  textOf: TextOfCall,
): Promise<void> {
  const { sql } = services.database;
  const [column, id] =
    'executionId' in subject ? ['execution_id', subject.executionId] : ['message_id', subject.messageId];
  await bookAll(services, await sql<CallRow>(`${SELECT} WHERE ${column} = $1`, [id]), textOf);
}

/**
 * Books what nobody takes up, because its run or reply has ended or was deleted. Called periodically by any number of
 * processes. A call that still has a live hold is under way.
 */
export async function bookForgottenCalls(
  services: Pick<Services, 'database' | 'spending' | 'logger'>,
): Promise<void> {
  const { sql } = services.database;
  const calls = await sql<CallRow>(
    `${SELECT} WHERE sent_at < now() - $1::int * interval '1 minute' ORDER BY sent_at LIMIT 1000`,
    [FORGOTTEN_AFTER_MINUTES],
  );
  const ids = calls.map(({ id }) => id);
  const held = await heldReservations(sql, ids);
  const forgotten = calls.filter(({ id }) => !held.has(id));
  await bookAll(services, forgotten, async () => '');
}

/** What the calls of each run that are under way hold. Runs without any are absent. */
export async function reservedByRun(sql: Sql, executionIds: readonly string[]): Promise<Map<string, bigint>> {
  const calls = await sql<{ id: string; executionId: string; micros: string }>(
    `SELECT reservation_id AS id, execution_id AS "executionId", reserved_micros::text AS micros FROM open_calls
     WHERE execution_id = ANY($1::text[])`,
    [executionIds],
  );
  if (calls.length === 0) return new Map();
  const ids = calls.map(({ id }) => id);
  const held = await heldReservations(sql, ids);
  const sums = new Map<string, bigint>();
  for (const { id, executionId, micros } of calls)
    if (held.has(id)) sums.set(executionId, (sums.get(executionId) ?? 0n) + BigInt(micros));
  return sums;
}

async function bookAll(
  { database, spending, logger }: Pick<Services, 'database' | 'spending' | 'logger'>,
  rows: CallRow[],
  textOf: TextOfCall,
): Promise<void> {
  for (const row of rows) {
    const arrived = estimateTokens(await textOf(row));
    const usage = { inputTokens: row.inputTokens, outputTokens: Math.min(arrived, row.outputLimit) };
    const cost = costMicros(row.price, usage);
    const isBooked = await database.transact(async ({ sql }) => {
      const { provider, model, version: priceVersion } = row.price;
      const reserved = BigInt(row.reserved);
      const entry = { reservationId: row.id, payer: row, day: row.day, provider, model, priceVersion };
      const booked = cost < reserved ? cost : reserved;
      const amounts = { usage, costMicros: booked, unbookedMicros: 0n, estimated: true };
      if (!(await enterCall(sql, { ...entry, ...amounts }))) return false;
      await spending.settle(sql, { id: row.id, accountIds: row.accountIds }, booked);
      return true;
    });
    if (isBooked) logger.warn({ reservationId: row.id, ...usage }, 'call of a stopped worker booked');
  }
}

/** No call takes that long, and whoever claims its run or reply comes within seconds. */
const FORGOTTEN_AFTER_MINUTES = 15;

const SELECT = `SELECT reservation_id AS id, account_ids AS "accountIds", reserved_micros::text AS reserved,
    tenant_id AS "tenantId", user_id AS "userId", day, execution_id AS "executionId", step_key AS "stepKey",
    conversation_id AS "conversationId", message_id AS "messageId", api_key_id AS "apiKeyId", attempt, price,
    input_tokens AS "inputTokens", output_limit AS "outputLimit"
  FROM open_calls`;

/** The text that a call has written into the log of its run or conversation; empty if there is none. */
export type TextOfCall = (call: Pick<CallRow, 'stepKey' | 'attempt'>) => Promise<string>;

export interface OpenCall {
  reservation: Pick<Reservation, 'id' | 'accountIds' | 'amountMicros'>;
  payer: EntryPayer;
  /** The UTC day of the reservation, `YYYY-MM-DD`. */
  day: string;
  /** The attempt whose text it writes into a log. Null: its text goes into none. */
  attempt: number | null;
  price: ModelPrice;
  /** Estimated. */
  inputTokens: number;
  outputLimit: number;
}

interface CallRow extends EntryPayer {
  id: string;
  accountIds: string[];
  reserved: string;
  day: string;
  attempt: number | null;
  price: ModelPrice;
  inputTokens: number;
  outputLimit: number;
}
