import list from './prices.json' with { type: 'json' };
import type { ModelPrice } from './prices.ts';
import { isProviderName, PROVIDER_NAMES, type ProviderName } from './providers/registry.ts';

/** The models of the price list. The first model of a provider is its default. */
export const MODEL_PRICES: readonly ModelPrice[] = PROVIDER_NAMES.flatMap((provider) =>
  ((list.models as PriceList)[provider] ?? []).map((price) => ({ provider, ...price })),
);

/**
 * The models that can be called in this deployment, with their prices. Returns only models with a known price, so that
 * every call can be charged, and never substitutes another model for the requested one. Performs no I/O.
 */
export class ModelCatalog {
  readonly #models: readonly ModelPrice[];
  readonly #configured: ReadonlySet<ProviderName>;
  readonly #defaultProvider: ProviderName;
  readonly #defaultModel: string | null;

  constructor({ configured, ownModels = [], defaultProvider, defaultModel = null }: CatalogOptions) {
    this.#models = [...MODEL_PRICES, ...ownModels];
    this.#configured = new Set(configured);
    this.#defaultProvider = defaultProvider;
    this.#defaultModel = defaultModel;
  }

  /**
   * The model for a choice. Without a model: the default of the provider. Without a provider: the provider of the
   * model. Without both: the defaults. Provider names are case-insensitive.
   * Errors: ModelNotFoundError, whose message lists the available alternatives.
   */
  find({ provider, model }: ModelChoice = {}): ModelPrice {
    const providerName = provider ? this.#parse(provider) : model ? undefined : this.#defaultProvider;
    const modelName = model || (providerName === this.#defaultProvider ? this.#defaultModel : undefined);
    if (providerName && !this.#configured.has(providerName)) throw this.#notConfigured(providerName);
    const known = this.#models.filter((price) => !providerName || price.provider === providerName);
    const price = modelName ? known.find((candidate) => candidate.model === modelName) : known[0];
    if (!price) throw this.#unknown(providerName, modelName, known);
    if (!this.#configured.has(price.provider)) throw this.#notConfigured(price.provider);
    return price;
  }

  /** Every model with a known price, and whether it can be called in this deployment. */
  list(): ListedModel[] {
    return this.#models.map((price) => ({ ...price, available: this.#configured.has(price.provider) }));
  }

  #parse(text: string): ProviderName {
    const name = text.trim().toUpperCase();
    if (isProviderName(name)) return name;
    throw new ModelNotFoundError(`Unknown provider "${text}". Configured providers: ${this.#names()}.`);
  }

  #notConfigured(provider: ProviderName): ModelNotFoundError {
    return new ModelNotFoundError(
      `The provider ${provider} is not configured. Configured providers: ${this.#names()}.`,
    );
  }

  #unknown(
    provider: ProviderName | undefined,
    model: string | null | undefined,
    known: readonly ModelPrice[],
  ): ModelNotFoundError {
    const subject = model ? `The model "${model}"` : 'The default model';
    const names = known.filter((other) => provider || this.#configured.has(other.provider));
    const advice =
      names.length > 0
        ? `Choose one of: ${names.map((other) => other.model).join(', ')}.`
        : 'Choose another provider.';
    return new ModelNotFoundError(
      `${subject}${provider ? ` of ${provider}` : ''} has no known price. ${advice}`,
    );
  }

  #names(): string {
    return [...this.#configured].join(', ') || 'none';
  }
}

/** The requested provider or model cannot be called in this deployment. The message lists alternatives. */
export class ModelNotFoundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelNotFoundError';
  }
}

export interface CatalogOptions {
  /** The providers that can be called. */
  configured: Iterable<ProviderName>;
  /** Models that only this deployment has, with the operator's prices. The first of a provider is its default. */
  ownModels?: readonly ModelPrice[];
  defaultProvider: ProviderName;
  /** Null or undefined: the default model of the provider. */
  defaultModel?: string | null;
}

export interface ModelChoice {
  provider?: string | null;
  model?: string | null;
}

export interface ListedModel extends ModelPrice {
  /** Whether the provider is configured in this deployment. */
  available: boolean;
}

type PriceList = Partial<Record<ProviderName, readonly Omit<ModelPrice, 'provider'>[]>>;
