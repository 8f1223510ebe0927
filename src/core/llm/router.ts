import type { LanguageModel } from './language-model.ts';
import { MODEL_PRICES, type ModelPrice } from './prices.ts';
import { PROVIDER_NAMES, type ProviderName } from './provider-name.ts';

/**
 * Decides which provider and which model serve a call. Only models with a known price are ever chosen, so that
 * every call can be charged, and nothing is chosen in place of what was asked for.
 */
export class Router {
  readonly #models: ReadonlyMap<ProviderName, LanguageModel>;
  readonly #defaultProvider: ProviderName;
  readonly #defaultModel: string | undefined;

  /** `models` holds the providers that are configured. Without `defaultModel`: the provider's own default. */
  constructor({ models, defaultProvider, defaultModel }: RouterOptions) {
    this.#models = models;
    this.#defaultProvider = defaultProvider;
    this.#defaultModel = defaultModel ?? undefined;
  }

  /**
   * Without a model: the provider's default. Without a provider: the one that has the model. Without both: the
   * defaults. Names of providers are read in any case.
   * Errors: RoutingError, which says what there is instead.
   */
  route(request: RouteRequest): Route {
    const price = this.#choose(request);
    const languageModel = this.#models.get(price.provider);
    if (languageModel) return { provider: price.provider, model: price.model, languageModel, price };
    throw new RoutingError(
      `The provider ${price.provider} is not configured here. Configured: ${this.#configured()}.`,
    );
  }

  /** Every model with a known price, and whether it can be called here. */
  list(): ListedModel[] {
    return MODEL_PRICES.map((price) => ({ ...price, available: this.#models.has(price.provider) }));
  }

  #choose({ provider, model }: RouteRequest): ModelPrice {
    const asked = provider ? this.#parse(provider) : model ? undefined : this.#defaultProvider;
    const wanted = model || (asked === this.#defaultProvider ? this.#defaultModel : undefined);
    const known = MODEL_PRICES.filter((price) => !asked || price.provider === asked);
    const price = wanted ? known.find((candidate) => candidate.model === wanted) : known[0];
    if (price) return price;

    const what = `${wanted ? `The model "${wanted}"` : 'A model without a name'}${asked ? ` of ${asked}` : ''}`;
    const names = known
      .filter((other) => asked || this.#models.has(other.provider))
      .map((other) => other.model);
    const advice = names.length > 0 ? `Choose one of: ${names.join(', ')}.` : 'Choose another provider.';
    throw new RoutingError(`${what} has no known price. ${advice}`);
  }

  #parse(text: string): ProviderName {
    const provider = parseProviderName(text);
    if (provider) return provider;
    throw new RoutingError(`There is no provider "${text}". Configured: ${this.#configured()}.`);
  }

  #configured(): string {
    return [...this.#models.keys()].join(', ') || 'none';
  }
}

/** Undefined when there is no such provider. `anthropic` is ANTHROPIC, `openai-compatible` OPENAI_COMPATIBLE. */
export function parseProviderName(text: string): ProviderName | undefined {
  const name = text.trim().toUpperCase().replaceAll('-', '_');
  return PROVIDER_NAMES.find((known) => known === name);
}

/** What was asked for cannot be called here; the message says what can. */
export class RoutingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RoutingError';
  }
}

export interface RouterOptions {
  models: ReadonlyMap<ProviderName, LanguageModel>;
  defaultProvider: ProviderName;
  defaultModel?: string | null;
}

export interface RouteRequest {
  provider?: string | null;
  model?: string | null;
}

export interface Route {
  provider: ProviderName;
  model: string;
  languageModel: LanguageModel;
  price: ModelPrice;
}

export interface ListedModel extends ModelPrice {
  /** Its provider is configured here. */
  available: boolean;
}
