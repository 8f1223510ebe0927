import { costMicros, type ModelPrice } from '../../core/llm/prices.ts';
import { estimateTokens } from '../../core/llm/tokens.ts';
import { AGENT_KINDS, type AgentKind } from './agent-kinds.ts';
import { type Design, maxOutputTokensOf, type Step } from './design.ts';
import { topologicalOrder } from './order.ts';
import { MAX_STEPS, MIN_STEPS, usualKey, type UsualStep, type UsualSteps } from './usual-steps.ts';

/**
 * What a run of a valid design usually costs and takes. Each step reads the request, its prompt and what the steps that
 * it depends on write. What it reads besides, what it writes and how long that takes is what such steps usually took in
 * the tenant, or else what its kind of agent usually takes.
 */
export function estimate(design: Design, { request, priceOf, usualSteps }: EstimateFacts): Estimate {
  const requestTokens = estimateTokens(request);
  const written = new Map<string, number>();
  const secondsAtEnd = new Map<string, number>();
  let micros = 0n;

  for (const step of topologicalOrder(design.steps)) {
    const price = priceOf(step);
    const known = usualSteps.get(usualKey(step.agent, price)) ?? untried(step.agent, price);
    const usual = limited(known, maxOutputTokensOf(step) + (price.thinkingTokens ?? 0));
    written.set(step.key, usual.textTokens);

    const read = step.dependsOn.reduce((sum, key) => sum + written.get(key)!, 0);
    const knownInputTokens = requestTokens + estimateTokens(step.prompt ?? '') + read;
    const inputTokens = Math.max(0, Math.round(knownInputTokens + usual.unknownInputTokens));
    micros += costMicros(price, { inputTokens, outputTokens: usual.outputTokens });

    const start = Math.max(0, ...step.dependsOn.map((key) => secondsAtEnd.get(key)!));
    secondsAtEnd.set(step.key, start + usual.seconds);
  }

  return { costMicros: micros, seconds: Math.ceil(Math.max(...secondsAtEnd.values())) };
}

/** For descriptions of estimates in the schema. */
export const ESTIMATE_BASIS = `from the lengths of the request and the prompts, and the medians of the tenant’s last ${MAX_STEPS} steps of the same agent and model; with fewer than ${MIN_STEPS} of them in its latest runs, from what such a step usually takes.`;

/** What a step of this kind takes where the tenant has not run enough of them. */
function untried(agent: AgentKind, price: ModelPrice): UsualStep {
  const { usualInputTokens, usualOutputTokens } = AGENT_KINDS[agent];
  return {
    unknownInputTokens: usualInputTokens,
    outputTokens: usualOutputTokens,
    textTokens: usualOutputTokens,
    seconds: FIRST_TOKEN_SECONDS + usualOutputTokens / tokensPerSecond(price),
  };
}

/** The same for a step that may write no more than `most` tokens. */
function limited(usual: UsualStep, most: number): UsualStep {
  if (usual.outputTokens <= most) return usual;
  const share = most / usual.outputTokens;
  return {
    ...usual,
    outputTokens: most,
    textTokens: usual.textTokens * share,
    seconds: usual.seconds * share,
  };
}

/** Small models write fast: about what providers deliver for each class of price per million output tokens. */
function tokensPerSecond(price: ModelPrice): number {
  const outputUsdPerMTok = Number(price.outputUsdPerMTok);
  if (outputUsdPerMTok <= 1) return 150;
  return outputUsdPerMTok <= 10 ? 80 : 50;
}

const FIRST_TOKEN_SECONDS = 1;

interface EstimateFacts {
  request: string;
  priceOf: (step: Step) => ModelPrice;
  /** Of the tenant. */
  usualSteps: UsualSteps;
}

export interface Estimate {
  /** What it usually costs. */
  costMicros: bigint;
  /** Along the critical path, without the time that people take to decide. */
  seconds: number;
}
