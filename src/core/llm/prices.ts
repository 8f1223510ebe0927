import type { ModelRequest, ModelUsage } from './language-model.ts';
import type { ProviderName } from './providers/registry.ts';
import { worstCaseInputTokens } from './tokens.ts';

/**
 * What one call costs, in micro-dollars, exactly, and rounded up once.
 * Example: 1,000 tokens in at $1.25 and 100 out at $10 a million are 2,250 micro-dollars.
 */
export function costMicros(price: ModelPrice, usage: ModelUsage): bigint {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const plainTokens = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
  const { inputTimes, outputTimes } = timesFor(price, inputTokens);

  // A dollar for a million tokens is a micro-dollar for one: the price is the cost of one token.
  const input =
    BigInt(plainTokens) * millionths(price.inputUsdPerMTok) +
    BigInt(cachedInputTokens) * millionths(price.cachedInputUsdPerMTok ?? price.inputUsdPerMTok) +
    BigInt(cacheWriteTokens) * millionths(price.cacheWriteUsdPerMTok ?? price.inputUsdPerMTok);
  const output = BigInt(outputTokens) * millionths(price.outputUsdPerMTok);
  return divideRoundingUp(input * millionths(inputTimes) + output * millionths(outputTimes), 10n ** 12n);
}

/** The most that one call can cost, to be reserved before it: no settled call costs more. */
export function worstCaseMicros(price: ModelPrice, request: ModelRequest): bigint {
  const inputTokens = worstCaseInputTokens(request);
  const cacheWriteTokens = price.cacheWriteUsdPerMTok === undefined ? 0 : inputTokens;
  return costMicros(price, { inputTokens, cacheWriteTokens, outputTokens: request.maxOutputTokens });
}

function timesFor(price: ModelPrice, inputTokens: number): { inputTimes: string; outputTimes: string } {
  const { longPrompt } = price;
  return longPrompt && inputTokens > longPrompt.aboveInputTokens ? longPrompt : ONCE;
}

const ONCE = { inputTimes: '1', outputTimes: '1' };

/** A decimal number with at most six digits after the point, in millionths. */
function millionths(decimal: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (!match) throw new RangeError(`"${decimal}" is not a price: give digits, at most six after the point.`);
  const [, whole = '', fraction = ''] = match;
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** List prices as decimal strings, in USD per million tokens. */
export interface ModelPrice {
  provider: ProviderName;
  /** The provider's own name for the model. */
  model: string;
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
  /** Where it differs from inputUsdPerMTok. */
  cachedInputUsdPerMTok?: string;
  /** Where it differs from inputUsdPerMTok. */
  cacheWriteUsdPerMTok?: string;
  /** A call whose prompt is longer than this is billed this many times the price, all of it. */
  longPrompt?: { aboveInputTokens: number; inputTimes: string; outputTimes: string };
  /** Prompt and answer together; null when the provider does not say. */
  contextTokens: number | null;
  /** True for a price that nobody is billed: the OFFLINE models'. */
  nominal?: boolean;
}
