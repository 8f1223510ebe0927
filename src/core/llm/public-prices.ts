import { findProvider, type ConditionalPrice, type MatchLogic, type ModelInfo } from '@pydantic/genai-prices';
import { isPrice, type ModelPrice, type TokenPrices } from './prices.ts';
import type { KeyedProviderName } from './providers/registry.ts';

/**
 * The list price of a model at a time, in the data of `@pydantic/genai-prices`. Undefined when the data does not name the
 * model exactly, or when not only text counts: its patterns such as "starts with claude-sonnet-5" also match newer
 * models of another price.
 */
export function publicPrice(provider: KeyedProviderName, model: string, at: Date): PublicPrice | undefined {
  const info = namesOf(provider).get(model);
  const prices = info && pricesAt(info.prices, at);
  const tiers = prices && tiersOf(prices);
  if (!tiers) return undefined;
  const [base, ...longer] = tiers;
  const price: ModelPrice = {
    provider,
    model,
    ...base!.prices,
    contextTokens: info!.context_window ?? null,
    version: PUBLIC_PRICES_VERSION,
  };
  if (longer.length > 0)
    price.longPrompts = longer.map(({ start, prices: those }) => ({ aboveInputTokens: start, ...those }));
  return { price, isOwnName: info!.id === model };
}

export interface PublicPrice {
  price: ModelPrice;
  /** False for an alias of a model, such as a dated name. */
  isOwnName: boolean;
}

/** As each entry of the ledger names it. */
export const PUBLIC_PRICES_VERSION = 'genai-prices 0.1.8';

const PROVIDER_IDS: Record<KeyedProviderName, string> = {
  ANTHROPIC: 'anthropic',
  OPENAI: 'openai',
  GOOGLE: 'google',
};

const names = new Map<KeyedProviderName, ReadonlyMap<string, ModelInfo>>();

/** The models of a provider by each name that the data spells out. A model’s own name goes before others’ aliases. */
function namesOf(provider: KeyedProviderName): ReadonlyMap<string, ModelInfo> {
  const known = names.get(provider);
  if (known) return known;
  const models = findProvider({ providerId: PROVIDER_IDS[provider] })?.models ?? [];
  const byName = new Map([
    ...models.flatMap((info) => spelledOut(info.match).map((name) => [name, info] as const)),
    ...models.map((info) => [info.id, info] as const),
  ]);
  names.set(provider, byName);
  return byName;
}

function spelledOut(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(spelledOut);
  if ('equals' in match) return [match.equals];
  return 'starts_with' in match ? [match.starts_with] : [];
}

/** Prices with a start date follow those that they replace. */
function pricesAt(prices: ModelInfo['prices'], at: Date): DataPrices | undefined {
  if (!Array.isArray(prices)) return prices;
  return (prices as ConditionalPrice[]).findLast(({ constraint }) => {
    if (!constraint) return true;
    return constraint.type === 'start_date' && at >= new Date(constraint.start_date);
  })?.prices;
}

/** The prices of each length of prompt, the shortest first; each with the prices that the longer one leaves as they are. */
function tiersOf(data: DataPrices): { start: number; prices: TokenPrices }[] | undefined {
  const writesMoreThanText = Object.keys(data).some(
    (key) => key.startsWith('output_') && key !== 'output_mtok',
  );
  if (writesMoreThanText || data['input_mtok'] === undefined || data['output_mtok'] === undefined)
    return undefined;
  const kinds = Object.entries(PRICE_KEYS).flatMap(([ours, theirs]) => {
    const price = data[theirs];
    return price === undefined ? [] : [{ ours, price }];
  });
  const starts = new Set(
    kinds.flatMap(({ price }) => (typeof price === 'number' ? [] : price.tiers.map(({ start }) => start))),
  );
  const tiers = [0, ...[...starts].toSorted((a, b) => a - b)].map((start) => ({
    start,
    prices: Object.fromEntries(
      kinds.map(({ ours, price }) => [ours, String(priceFrom(price, start))]),
    ) as unknown as TokenPrices,
  }));
  return tiers.every(({ prices }) => Object.values(prices).every(isPrice)) ? tiers : undefined;
}

function priceFrom(price: DataPrice, start: number): number {
  if (typeof price === 'number') return price;
  return price.tiers.findLast((tier) => tier.start <= start && start > 0)?.price ?? price.base;
}

const PRICE_KEYS: Record<keyof TokenPrices, string> = {
  inputUsdPerMTok: 'input_mtok',
  outputUsdPerMTok: 'output_mtok',
  cachedInputUsdPerMTok: 'cache_read_mtok',
  cacheWriteUsdPerMTok: 'cache_write_mtok',
};

type DataPrice = number | { base: number; tiers: { start: number; price: number }[] };
type DataPrices = Record<string, DataPrice | undefined>;
