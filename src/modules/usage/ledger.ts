import type { ModelUsage } from '../../core/llm/language-model.ts';
import type { ProviderName } from '../../core/llm/providers/registry.ts';
import type { Sql } from '../../core/sql.ts';

/**
 * The ledger has one entry per billed model call, written once and never changed. Every cost that the API shows is a
 * sum of entries. An entry belongs to one step or one reply, and to one user and one UTC day.
 */

/** Writes the entry of a call, which is then no longer open. Returns false when the call already has one. */
export async function enterCall(sql: Sql, entry: Entry): Promise<boolean> {
  const { payer, usage } = entry;
  const rows = await sql(
    `WITH closed AS (DELETE FROM open_calls WHERE reservation_id = $1)
     INSERT INTO ledger_entries (id, tenant_id, user_id, day, execution_id, step_key, conversation_id, message_id,
       api_key_id, provider, model, input_tokens, output_tokens, cost_micros, unbooked_micros, price_version, estimated)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     ON CONFLICT (id) DO NOTHING
     RETURNING id`,
    [
      entry.reservationId,
      payer.tenantId,
      payer.userId,
      entry.day,
      payer.executionId ?? null,
      payer.stepKey ?? null,
      payer.conversationId ?? null,
      payer.messageId ?? null,
      payer.apiKeyId,
      entry.provider,
      entry.model,
      usage.inputTokens,
      usage.outputTokens,
      String(entry.costMicros),
      String(entry.unbookedMicros),
      entry.priceVersion,
      entry.estimated,
    ],
  );
  return rows.length > 0;
}

/** Totals of each run. Runs without costs are absent. */
export async function totalsByRun(
  sql: Sql,
  executionIds: readonly string[],
): Promise<Map<string, RunTotals>> {
  const sums = await sumsBy(sql, 'execution_id', 'step_key', executionIds);
  return new Map([...sums].map(([id, steps]) => [id, { ...sumOf(steps.values()), steps }]));
}

/** Costs of each step of a run so far. Steps without costs are absent. */
export async function costsByStep(sql: Sql, executionId: string): Promise<Map<string, bigint>> {
  const totals = await totalsByRun(sql, [executionId]);
  return costsOf(totals.get(executionId)?.steps);
}

/** Totals of each conversation, without its runs. Conversations without costs are absent. */
export async function totalsByConversation(
  sql: Sql,
  conversationIds: readonly string[],
): Promise<Map<string, ConversationTotals>> {
  const sums = await sumsBy(sql, 'conversation_id', 'message_id', conversationIds);
  return new Map(
    [...sums].map(([id, messages]) => [id, { ...sumOf(messages.values()), messages: costsOf(messages) }]),
  );
}

/** Totals of a user in a UTC day, for runs and replies. */
export async function totalsOfDay(sql: Sql, userId: string, day: string): Promise<Totals> {
  const [row] = await sql<SumRow>(`SELECT ${SUMS} FROM ledger_entries WHERE user_id = $1 AND day = $2`, [
    userId,
    day,
  ]);
  return row ? totalsIn(row) : NOTHING;
}

async function sumsBy(
  sql: Sql,
  whole: 'execution_id' | 'conversation_id',
  part: 'step_key' | 'message_id',
  ids: readonly string[],
): Promise<Map<string, Map<string, Totals>>> {
  const rows = await sql<SumRow & { whole: string; part: string }>(
    `SELECT ${whole} AS whole, ${part} AS part, ${SUMS} FROM ledger_entries
     WHERE ${whole} = ANY($1::text[]) GROUP BY ${whole}, ${part}`,
    [ids],
  );
  const sums = Map.groupBy(rows, (row) => row.whole);
  return new Map(
    [...sums].map(([id, parts]) => [id, new Map(parts.map((row) => [row.part, totalsIn(row)]))]),
  );
}

/**
 * The totals of a group of entries, as `totalsIn` reads them. Postgres adds up 64-bit integers to decimals, which come
 * as text.
 */
export const SUMS = `coalesce(sum(cost_micros), 0)::text AS cost,
  coalesce(sum(input_tokens), 0)::text AS input, coalesce(sum(output_tokens), 0)::text AS output`;

export function totalsIn({ cost, input, output }: SumRow): Totals {
  return { costMicros: BigInt(cost), usage: { inputTokens: Number(input), outputTokens: Number(output) } };
}

export function sumOf(parts: Iterable<Totals>): Totals {
  return [...parts].reduce(
    (sum, { costMicros, usage }) => ({
      costMicros: sum.costMicros + costMicros,
      usage: {
        inputTokens: sum.usage.inputTokens + usage.inputTokens,
        outputTokens: sum.usage.outputTokens + usage.outputTokens,
      },
    }),
    NOTHING,
  );
}

function costsOf(parts: ReadonlyMap<string, Totals> = new Map()): Map<string, bigint> {
  return new Map([...parts].map(([id, { costMicros }]) => [id, costMicros]));
}

export interface Totals {
  costMicros: bigint;
  usage: TokenUsage;
}

export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
}

export interface RunTotals extends Totals {
  /** By the step's key. */
  steps: ReadonlyMap<string, Totals>;
}

export interface ConversationTotals extends Totals {
  /** Costs by the reply's id. */
  messages: ReadonlyMap<string, bigint>;
}

const NOTHING: Totals = { costMicros: 0n, usage: { inputTokens: 0, outputTokens: 0 } };
export const NO_TOTALS: RunTotals = { ...NOTHING, steps: new Map() };
export const NO_CONVERSATION_TOTALS: ConversationTotals = { ...NOTHING, messages: new Map() };

export interface Entry {
  /** Id of the reservation that the entry settles; it makes the entry unique. */
  reservationId: string;
  payer: EntryPayer;
  /** The UTC day of the reservation, `YYYY-MM-DD`. */
  day: string;
  provider: ProviderName;
  model: string;
  usage: ModelUsage;
  costMicros: bigint;
  /** What the provider may charge above it, because it told more than it was allowed: the operator bears it. */
  unbookedMicros: bigint;
  /** Of the list that the price came from. */
  priceVersion: string;
  /** Whether the provider reported no usage, only a part of it, or one that cannot be. */
  estimated: boolean;
}

/** Who paid for a call, and for which step or reply. */
export interface EntryPayer {
  tenantId: string;
  userId: string;
  apiKeyId: string | null;
  executionId?: string | null;
  stepKey?: string | null;
  conversationId?: string | null;
  messageId?: string | null;
}

export interface SumRow {
  cost: string;
  input: string;
  output: string;
}
