import { costMicros, type ModelPrice } from '../../core/llm/prices.ts';
import { estimateTokens } from '../../core/llm/tokens.ts';
import { AGENT_KINDS } from './agent-kinds.ts';
import { DEFAULT_MAX_OUTPUT_TOKENS, type Design, type Step } from './design.ts';
import { topologicalOrder } from './order.ts';
import { MAX_STEPS, MIN_STEPS, usualKey, type UsualSteps } from './usual-steps.ts';

/**
 * What a run of a valid design would cost and take: each step takes what such steps usually took in the tenant. Where
 * none is known, it reads the request and what the steps it depends on wrote, and writes what its kind of agent usually
 * writes.
 */
export function estimate(design: Design, { requestTokens, priceOf, usualSteps }: EstimateFacts): Estimate {
  const written = new Map<string, { usual: number; most: number }>();
  const secondsAtEnd = new Map<string, number>();
  let usualMicros = 0n;
  let maxCostMicros = 0n;

  for (const step of topologicalOrder(design.steps)) {
    const price = priceOf(step);
    const read = step.dependsOn.map((key) => written.get(key)!);
    const own = requestTokens + INSTRUCTION_TOKENS + estimateTokens(step.prompt ?? '');
    const most = step.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS;
    const known = usualSteps.get(usualKey(step.agent, price));
    const usual = Math.min(most, known?.outputTokens ?? AGENT_KINDS[step.agent].usualOutputTokens);
    written.set(step.key, { usual, most });

    const mostRead = own + sum(read.map((r) => r.most));
    const usuallyRead = Math.min(mostRead, known?.inputTokens ?? own + sum(read.map((r) => r.usual)));
    usualMicros += costMicros(price, usage(usuallyRead, usual));
    maxCostMicros += costMicros(price, usage(mostRead, most));

    const start = Math.max(0, ...step.dependsOn.map((key) => secondsAtEnd.get(key)!));
    const seconds = known?.seconds ?? FIRST_TOKEN_SECONDS + usual / tokensPerSecond(price);
    secondsAtEnd.set(step.key, start + seconds);
  }

  return { costMicros: usualMicros, maxCostMicros, seconds: Math.ceil(Math.max(...secondsAtEnd.values())) };
}

/** For descriptions of estimates in the schema. */
export const ESTIMATE_BASIS = `from the medians of the tenant’s last ${MAX_STEPS} steps of the same agent and model; with fewer than ${MIN_STEPS} of them in its latest runs, from what such a step usually takes.`;

/** Small models write fast: about what providers deliver for each class of price per million output tokens. */
function tokensPerSecond(price: ModelPrice): number {
  const outputUsdPerMTok = Number(price.outputUsdPerMTok);
  if (outputUsdPerMTok <= 1) return 150;
  return outputUsdPerMTok <= 10 ? 80 : 50;
}

/** The agent's own instructions, in tokens. */
const INSTRUCTION_TOKENS = 400;
const FIRST_TOKEN_SECONDS = 1;

function usage(inputTokens: number, outputTokens: number) {
  return { inputTokens, outputTokens };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

interface EstimateFacts {
  requestTokens: number;
  priceOf: (step: Step) => ModelPrice;
  /** Of the tenant. */
  usualSteps: UsualSteps;
}

export interface Estimate {
  /** What it usually costs. */
  costMicros: bigint;
  /** With every step writing as much as it may, without retries. */
  maxCostMicros: bigint;
  /** Along the critical path, without the time that people take to decide. */
  seconds: number;
}
