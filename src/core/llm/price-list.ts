import list from './prices.json' with { type: 'json' };
import type { ModelPrice } from './prices.ts';
import { type KeyedProviderName, KEYED_PROVIDER_NAMES, type ProviderName } from './providers/registry.ts';
import { type PublicPrice, publicPrice } from './public-prices.ts';

/**
 * What calls cost: the operator's prices, our own list (`prices.json`) and the public data of `genai-prices`, in this
 * order. The most specific entry wins; a dated name that no list has costs what its family costs.
 */
export class PriceList {
  readonly #operator: readonly ModelPrice[];
  readonly #now: () => Date;

  constructor(operator: readonly ModelPrice[] = [], now: () => Date = () => new Date()) {
    this.#operator = operator;
    this.#now = now;
  }

  /** The price of a model, also of one that `offered` does not list. Undefined when no list has one. */
  find(provider: ProviderName, model: string): ModelPrice | undefined {
    const family = familyOf(provider, model);
    const listed = this.#public(provider, model);
    const price =
      this.#own(provider, model) ??
      (listed?.isOwnName ? listed.price : undefined) ??
      this.#own(provider, family) ??
      listed?.price ??
      this.#public(provider, family)?.price;
    const room =
      price?.thinkingTokens ?? (entryOf(provider, model) ?? entryOf(provider, family))?.thinkingTokens;
    return price && { ...price, model, ...(room !== undefined && { thinkingTokens: room }) };
  }

  /** The same of a model that its provider still serves. */
  served(provider: ProviderName, model: string): ModelPrice | undefined {
    return this.retirement(provider, model) ? undefined : this.find(provider, model);
  }

  /** The models to choose from, those of our list in its order before those of the operator. */
  offered(provider: ProviderName): ModelPrice[] {
    return [...this.#offers(provider)];
  }

  /** The model of a provider for those who name none. Looks up no other. */
  firstOffered(provider: ProviderName): ModelPrice | undefined {
    return this.#offers(provider).next().value;
  }

  *#offers(provider: ProviderName): Generator<ModelPrice, undefined> {
    const operators = this.#operator.filter((price) => price.provider === provider);
    for (const model of new Set([...entriesOf(provider), ...operators].map((entry) => entry.model))) {
      const price = this.served(provider, model);
      if (price) yield price;
    }
    return undefined;
  }

  /** Since when a provider no longer serves a model, and what takes its place. Not for a model that the operator has priced. */
  retirement(provider: ProviderName, model: string): Retirement | undefined {
    const family = familyOf(provider, model);
    if (this.#operators(provider, model) ?? this.#operators(provider, family)) return undefined;
    const known = (list.retired as Retirements)[provider] ?? [];
    const today = this.#now().toISOString().slice(0, 10);
    const retired =
      known.find((entry) => entry.model === model) ?? known.find((entry) => entry.model === family);
    return retired && retired.since <= today ? retired : undefined;
  }

  #own(provider: ProviderName, model: string): ModelPrice | undefined {
    return this.#operators(provider, model) ?? pricedEntry(provider, model);
  }

  #operators(provider: ProviderName, model: string): ModelPrice | undefined {
    return this.#operator.find((price) => price.provider === provider && price.model === model);
  }

  /** With the context window that our list adds. */
  #public(provider: ProviderName, model: string): PublicPrice | undefined {
    if (!isKeyed(provider)) return undefined;
    const found = publicPrice(provider, model, this.#now());
    if (!found) return undefined;
    const contextTokens = found.price.contextTokens ?? entryOf(provider, model)?.contextTokens ?? null;
    return { ...found, price: { ...found.price, contextTokens } };
  }
}

/** `gpt-5.2-2025-12-11`, `claude-haiku-4-5-20251001`, `gemini-2.5-pro-preview-06-05` and `…-latest` without their ends. */
function familyOf(provider: ProviderName, model: string): string {
  if (!isKeyed(provider)) return model; // other names are those of the operator
  return model.replace(/[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)$|-preview-\d{2}-(\d{2}|\d{4})$/, '');
}

function pricedEntry(provider: ProviderName, model: string): ModelPrice | undefined {
  const entry = entryOf(provider, model);
  if (!entry?.inputUsdPerMTok) return undefined;
  return { contextTokens: null, ...entry, provider, version: OWN_VERSION } as ModelPrice;
}

function entryOf(provider: ProviderName, model: string): Entry | undefined {
  return entriesOf(provider).find((entry) => entry.model === model);
}

function entriesOf(provider: ProviderName): readonly Entry[] {
  return (list.models as Entries)[provider] ?? [];
}

function isKeyed(provider: ProviderName): provider is KeyedProviderName {
  return (KEYED_PROVIDER_NAMES as readonly ProviderName[]).includes(provider);
}

const OWN_VERSION = `agentforge ${list.asOf}`;

/** A model that is offered. Without prices it has the public ones. */
type Entry = Partial<ModelPrice> & Pick<ModelPrice, 'model'>;
type Entries = Partial<Record<ProviderName, readonly Entry[]>>;
type Retirements = Partial<Record<ProviderName, readonly Retirement[]>>;

export interface Retirement {
  model: string;
  /** A UTC day, e.g. `2026-10-23`. */
  since: string;
  successor: string;
}
