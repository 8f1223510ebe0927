import type { ModelPrice } from '../../core/llm/prices.ts';
import type { Sql } from '../../core/sql.ts';
import type { AgentKind } from './agent-kinds.ts';

/**
 * What a step of each kind and model has usually taken in a tenant: the medians of its last MAX_STEPS that succeeded, in
 * the tenant's last MAX_RUNS succeeded runs. A kind and model with fewer than MIN_STEPS is absent: one odd step would
 * decide.
 */
export async function usualSteps(sql: Sql, tenantId: string): Promise<UsualSteps> {
  const rows = await sql<UsualRow>(USUAL_STEPS, [tenantId, MAX_RUNS, MAX_STEPS, MIN_STEPS]);
  return new Map(
    rows.map(({ agent, provider, model, ...usual }) => [usualKey(agent, { provider, model }), usual]),
  );
}

export function usualKey(
  agent: AgentKind,
  { provider, model }: Pick<ModelPrice, 'provider' | 'model'>,
): string {
  return [agent, provider, model].join('\n');
}

const MAX_RUNS = 100;
export const MAX_STEPS = 20;
export const MIN_STEPS = 3;

/** $1 tenant, $2 runs, $3 steps, $4 least steps. The tokens of a step are those of all its attempts, as is its cost. */
export const USUAL_STEPS = `
  WITH runs AS (
    SELECT id FROM pipeline_executions WHERE tenant_id = $1 AND status = 'SUCCEEDED'
    ORDER BY finished_at DESC LIMIT $2
  ), steps AS (
    SELECT agent, provider, model, execution_id, key, known_input_tokens, text_tokens,
      extract(epoch FROM finished_at - started_at)::float8 AS seconds,
      row_number() OVER (PARTITION BY agent, provider, model ORDER BY finished_at DESC) AS place
    FROM runs JOIN step_executions ON execution_id = runs.id
    WHERE status = 'SUCCEEDED' AND known_input_tokens IS NOT NULL
  )
  SELECT agent, provider, model,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY spent.input - known_input_tokens) AS "unknownInputTokens",
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY spent.output))::int AS "outputTokens",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY text_tokens) AS "textTokens",
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds
  FROM steps, LATERAL (
    SELECT sum(input_tokens)::float8 AS input, sum(output_tokens)::float8 AS output FROM ledger_entries entry
    WHERE entry.execution_id = steps.execution_id AND entry.step_key = steps.key
  ) spent
  WHERE place <= $3 AND spent.input IS NOT NULL
  GROUP BY agent, provider, model HAVING count(*) >= $4`;

/** By `usualKey`. */
export type UsualSteps = ReadonlyMap<string, UsualStep>;

export interface UsualStep {
  /**
   * Input tokens besides those of the request, its prompt and the outputs before it: instructions, collected material,
   * and what the provider counts otherwise than `estimateTokens`, so that it can be negative.
   */
  unknownInputTokens: number;
  /** Billed, so with what the model thought. */
  outputTokens: number;
  /** Of the text, which other steps read, by `estimateTokens`. */
  textTokens: number;
  seconds: number;
}

interface UsualRow extends UsualStep {
  agent: AgentKind;
  provider: ModelPrice['provider'];
  model: string;
}
