import type { ProviderName } from '../../../core/llm/providers/registry.ts';
import type { TokenUsage, Totals } from '../ledger.ts';

/** What rows of ledger entries say together. Postgres adds up 64-bit integers to decimals, which come as text. */
export const SUMS = `coalesce(sum(cost_micros), 0)::text AS cost,
  coalesce(sum(input_tokens), 0)::text AS input, coalesce(sum(output_tokens), 0)::text AS output`;

/** Models by what they cost, the dearest first. */
export function modelUsages(rows: readonly ModelRow[]): ModelUsage[] {
  return rows
    .map(({ provider, model, cost, input, output }) => ({
      provider,
      model,
      costMicros: BigInt(cost),
      usage: { inputTokens: Number(input), outputTokens: Number(output) },
    }))
    .toSorted(byCost);
}

export function totalsOf(models: readonly ModelUsage[]): Totals {
  const usage: TokenUsage = { inputTokens: 0, outputTokens: 0 };
  let costMicros = 0n;
  for (const model of models) {
    costMicros += model.costMicros;
    usage.inputTokens += model.usage.inputTokens;
    usage.outputTokens += model.usage.outputTokens;
  }
  return { costMicros, usage };
}

export function byCost(a: { costMicros: bigint }, b: { costMicros: bigint }): number {
  return Number(b.costMicros - a.costMicros);
}

export interface ModelUsage extends Totals {
  provider: ProviderName;
  model: string;
}

export interface ModelRow {
  provider: ProviderName;
  model: string;
  cost: string;
  input: string;
  output: string;
}
