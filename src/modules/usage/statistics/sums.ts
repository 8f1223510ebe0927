import type { ProviderName } from '../../../core/llm/providers/registry.ts';
import { type SumRow, type Totals, totalsIn } from '../ledger.ts';

/** Models by what they cost, the dearest first. */
export function modelUsages(rows: readonly ModelRow[]): ModelUsage[] {
  return rows.map((row) => ({ provider: row.provider, model: row.model, ...totalsIn(row) })).toSorted(byCost);
}

export function byCost(a: { costMicros: bigint }, b: { costMicros: bigint }): number {
  return Number(b.costMicros - a.costMicros);
}

export interface ModelUsage extends Totals {
  provider: ProviderName;
  model: string;
}

export interface ModelRow extends SumRow {
  provider: ProviderName;
  model: string;
}
