import type { ModelRequest, ModelUsage } from './language-model.ts';
import type { ProviderName } from './providers/registry.ts';
import { worstCaseInputTokens } from './tokens.ts';

/**
 * The exact cost of one call in micro-dollars, rounded up once.
 * Example: 1,000 input tokens at $1.25 and 100 output tokens at $10 per million cost 2,250 micro-dollars.
 */
export function costMicros(price: ModelPrice, usage: ModelUsage): bigint {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const plainTokens = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
  const prices = pricesFor(price, inputTokens);

  // A price in USD per million tokens is the cost of one token in micro-dollars.
  const cost =
    BigInt(plainTokens) * millionths(prices.inputUsdPerMTok) +
    BigInt(cachedInputTokens) * millionths(prices.cachedInputUsdPerMTok ?? prices.inputUsdPerMTok) +
    BigInt(cacheWriteTokens) * millionths(prices.cacheWriteUsdPerMTok ?? prices.inputUsdPerMTok) +
    BigInt(outputTokens) * millionths(prices.outputUsdPerMTok);
  return divideRoundingUp(cost, 10n ** 6n);
}

/** The maximum cost of one call, with room for thinking, to reserve before it. No settled call costs more. */
export function worstCaseMicros(price: ModelPrice, request: ModelRequest): bigint {
  return mostMicros(price, worstCaseInputTokens(request), request.maxOutputTokens);
}

/** The request with the highest maxOutputTokens, at most its own, of which one call costs at most `micros`. */
export function fitTo(micros: bigint, price: ModelPrice, request: ModelRequest): ModelRequest {
  const inputTokens = worstCaseInputTokens(request);
  const fits = (maxOutputTokens: number) => mostMicros(price, inputTokens, maxOutputTokens) <= micros;
  let [most, tooMany] = [0, request.maxOutputTokens + 1];
  while (tooMany - most > 1) {
    const half = Math.floor((most + tooMany) / 2);
    if (fits(half)) most = half;
    else tooMany = half;
  }
  return { ...request, maxOutputTokens: most };
}

/** Whatever part of the prompt is cached or written to the cache, and however much shorter it is than its worst case. */
function mostMicros(price: ModelPrice, inputTokens: number, maxOutputTokens: number): bigint {
  const outputTokens = maxOutputTokens + (price.thinkingTokens ?? 0);
  const lengths = (price.longPrompts ?? []).map(({ aboveInputTokens }) => aboveInputTokens);
  const costs = [...lengths.filter((length) => length < inputTokens), inputTokens].flatMap((tokens) =>
    [{}, { cachedInputTokens: tokens }, { cacheWriteTokens: tokens }].map((share) =>
      costMicros(price, { inputTokens: tokens, outputTokens, ...share }),
    ),
  );
  return costs.reduce((most, cost) => (cost > most ? cost : most));
}

/** A long prompt is charged at its own prices as a whole, with its answer. */
function pricesFor(price: ModelPrice, inputTokens: number): TokenPrices {
  return price.longPrompts?.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens) ?? price;
}

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
export interface TokenPrices {
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
  /** Default: inputUsdPerMTok. */
  cachedInputUsdPerMTok?: string;
  /** Default: inputUsdPerMTok. */
  cacheWriteUsdPerMTok?: string;
}

/** The prices of a call whose prompt is longer than `aboveInputTokens`. */
export interface PriceTier extends TokenPrices {
  aboveInputTokens: number;
}

export interface ModelPrice extends TokenPrices {
  provider: ProviderName;
  /** The provider's name of the model. */
  model: string;
  /** By length, the shortest first. */
  longPrompts?: readonly PriceTier[];
  /**
   * Room for the model's thinking, in tokens, in addition to maxOutputTokens: requested, reserved, and billed as far as it
   * is used. Left out: the model does not think before it answers, unless it is told to.
   */
  thinkingTokens?: number;
  /** Context window: prompt and answer together. Null when the provider does not publish it. */
  contextTokens: number | null;
  /** True for prices that are not billed: those of the OFFLINE models. */
  nominal?: boolean;
  /** The list that the price comes from, and its date or version; each entry of the ledger names it. */
  version: string;
}
