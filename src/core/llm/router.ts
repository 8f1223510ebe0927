import type { LanguageModel } from './language-model.ts';
import { findPrice, MODEL_PRICES, type ModelPrice } from './prices.ts';

export const PROVIDER_NAMES = ['OPENAI', 'ANTHROPIC', 'GOOGLE', 'OPENAI_COMPATIBLE', 'OFFLINE'] as const;

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
  route({ provider, model }: RouteRequest): Route {
    const price = this.#choose(provider, model);
    const languageModel = this.#models.get(price.provider);
    if (languageModel) return { provider: price.provider, model: price.model, languageModel, price };
    throw new RoutingError(
      'PROVIDER_NOT_CONFIGURED',
      `The provider ${price.provider} is not configured here. Configured: ${this.#configured()}.`,
    );
  }

  /** Every model with a known price, and whether it can be called here. */
  list(): ListedModel[] {
    return MODEL_PRICES.map((price) => ({ ...price, available: this.#models.has(price.provider) }));
  }

  #choose(providerText: string | null | undefined, model: string | null | undefined): ModelPrice {
    if (!providerText && model) return findModel(model) ?? this.#unknownModel(MODEL_PRICES, model);
    const provider = providerText ? this.#parse(providerText) : this.#defaultProvider;
    const prices = MODEL_PRICES.filter((price) => price.provider === provider);
    const asked = model ?? (provider === this.#defaultProvider ? this.#defaultModel : undefined);
    if (!asked && prices[0]) return prices[0];
    return findPrice(provider, asked ?? '') ?? this.#unknownModel(prices, asked, provider);
  }

  #parse(text: string): ProviderName {
    const provider = parseProviderName(text);
    if (provider) return provider;
    throw new RoutingError(
      'UNKNOWN_PROVIDER',
      `There is no provider "${text}". Configured: ${this.#configured()}.`,
    );
  }

  #unknownModel(known: readonly ModelPrice[], model: string | undefined, provider?: ProviderName): never {
    const what = model ? `The model "${model}"` : 'A model without a name';
    const where = provider ? ` of ${provider}` : '';
    const names = known
      .filter((price) => provider ?? this.#models.has(price.provider))
      .map((price) => price.model);
    const advice = names.length > 0 ? `Choose one of: ${names.join(', ')}.` : 'Choose another provider.';
    throw new RoutingError('UNKNOWN_MODEL', `${what}${where} has no known price. ${advice}`);
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

function findModel(model: string): ModelPrice | undefined {
  return MODEL_PRICES.find((price) => price.model === model);
}

/** What was asked for is not there; the message says what is. */
export class RoutingError extends Error {
  readonly code: RoutingErrorCode;

  constructor(code: RoutingErrorCode, message: string) {
    super(message);
    this.name = 'RoutingError';
    this.code = code;
  }
}

export type RoutingErrorCode = 'UNKNOWN_PROVIDER' | 'PROVIDER_NOT_CONFIGURED' | 'UNKNOWN_MODEL';

export type ProviderName = (typeof PROVIDER_NAMES)[number];

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
