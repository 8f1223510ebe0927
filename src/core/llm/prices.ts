import type { ModelRequest, ModelUsage } from './language-model.ts';
import type { ProviderName } from './providers/registry.ts';
import { outputLimit } from './request.ts';
import { worstCaseInputTokens } from './tokens.ts';

/**
 * The exact cost of one call in micro-dollars, rounded up once.
 * Example: 1,000 input tokens at $1.25 and 100 output tokens at $10 per million cost 2,250 micro-dollars.
 */
export function costMicros(price: ModelPrice, usage: ModelUsage): bigint {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const plainTokens = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
  const { inputTimes, outputTimes } = timesFor(price, inputTokens);

  // A price in USD per million tokens is the cost of one token in micro-dollars.
  const input =
    BigInt(plainTokens) * millionths(price.inputUsdPerMTok) +
    BigInt(cachedInputTokens) * millionths(price.cachedInputUsdPerMTok ?? price.inputUsdPerMTok) +
    BigInt(cacheWriteTokens) * millionths(price.cacheWriteUsdPerMTok ?? price.inputUsdPerMTok);
  const output = BigInt(outputTokens) * millionths(price.outputUsdPerMTok);
  return divideRoundingUp(input * millionths(inputTimes) + output * millionths(outputTimes), 10n ** 12n);
}

/** The maximum cost of one call, to reserve before it. No settled call costs more. */
export function worstCaseMicros(price: ModelPrice, request: ModelRequest): bigint {
  const inputTokens = worstCaseInputTokens(request);
  const cacheWriteTokens = price.cacheWriteUsdPerMTok === undefined ? 0 : inputTokens;
  return costMicros(price, { inputTokens, cacheWriteTokens, outputTokens: outputLimit(request) });
}

function timesFor(price: ModelPrice, inputTokens: number): { inputTimes: string; outputTimes: string } {
  const { longPrompt } = price;
  return longPrompt && inputTokens > longPrompt.aboveInputTokens ? longPrompt : ONCE;
}

const ONCE = { inputTimes: '1', outputTimes: '1' };

/** Whether a text is a decimal number with at most six digits after the point. */
export function isPrice(text: string): boolean {
  return DECIMAL.test(text);
}

/** A decimal number with at most six digits after the point, in millionths. */
function millionths(decimal: string): bigint {
  const match = DECIMAL.exec(decimal);
  if (!match) throw new RangeError(`invalid price "${decimal}": use digits, at most six after the point`);
  const [, whole = '', fraction = ''] = match;
  return BigInt(whole + fraction.padEnd(6, '0'));
}

/** Up to the range of the `Decimal` of the API. */
const DECIMAL = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** List prices as decimal strings, in USD per million tokens. */
export interface ModelPrice {
  provider: ProviderName;
  /** The provider's name of the model. */
  model: string;
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
  /** Default: inputUsdPerMTok. */
  cachedInputUsdPerMTok?: string;
  /** Default: inputUsdPerMTok. */
  cacheWriteUsdPerMTok?: string;
  /** If the prompt is longer than `aboveInputTokens`, the whole call is charged at these multiples of the price. */
  longPrompt?: { aboveInputTokens: number; inputTimes: string; outputTimes: string };
  /**
   * Room for the model's thinking, in tokens, in addition to maxOutputTokens: requested, reserved, and billed as far as it
   * is used. Left out: the model does not think before it answers, unless it is told to.
   */
  thinkingTokens?: number;
  /** Context window: prompt and answer together. Null when the provider does not publish it. */
  contextTokens: number | null;
  /** True for prices that are not billed: those of the OFFLINE models. */
  nominal?: boolean;
}
