import { PriceList, type Retirement } from './price-list.ts';
import type { ModelPrice } from './prices.ts';
import { isProviderName, PROVIDER_NAMES, type ProviderName } from './providers/registry.ts';

/**
 * The models that can be called in this deployment, with their prices. Returns only models with a known price, so that
 * every call can be charged, and never substitutes another model for the requested one. Performs no I/O.
 */
export class ModelCatalog {
  readonly #prices: PriceList;
  readonly #configured: ReadonlySet<ProviderName>;
  readonly #defaultProvider: ProviderName;
  readonly #defaultModel: string | null;

  constructor({
    configured,
    prices = new PriceList(),
    defaultProvider,
    defaultModel = null,
  }: CatalogOptions) {
    this.#prices = prices;
    this.#configured = new Set(configured);
    this.#defaultProvider = defaultProvider;
    this.#defaultModel = defaultModel;
  }

  /**
   * The model for a choice. Without a model: the default of the provider. Without a provider: the provider of the
   * model. Without both: the defaults. Provider names are case-insensitive.
   * Errors: ModelNotFoundError, whose message says what to do.
   */
  find({ provider, model }: ModelChoice = {}): ModelPrice {
    const providerName = provider ? this.#parse(provider) : model ? undefined : this.#defaultProvider;
    if (providerName && !this.#configured.has(providerName)) throw this.#notConfigured(providerName);
    const price = model ? this.#named(model, providerName) : this.#default(providerName!);
    if (!this.#configured.has(price.provider)) throw this.#notConfigured(price.provider);
    return price;
  }

  /**
   * The same with more providers, for which a caller has keys. Where only the OFFLINE model is the default, the first of
   * these providers takes its place.
   */
  withProviders(providers: readonly ProviderName[]): ModelCatalog {
    const [first] = providers;
    if (first === undefined) return this;
    const isOffline = this.#defaultProvider === 'OFFLINE';
    return new ModelCatalog({
      prices: this.#prices,
      configured: [...this.#configured, ...providers],
      defaultProvider: isOffline ? first : this.#defaultProvider,
      defaultModel: isOffline ? null : this.#defaultModel,
    });
  }

  /** The default model of the settings when its provider no longer serves it; its successor is used in its place. */
  retiredDefault(): Retirement | undefined {
    return this.#defaultModel === null
      ? undefined
      : this.#prices.retirement(this.#defaultProvider, this.#defaultModel);
  }

  #named(model: string, provider: ProviderName | undefined): ModelPrice {
    const providers = provider ? [provider] : PROVIDER_NAMES;
    for (const name of providers) {
      const retired = this.#prices.retirement(name, model);
      if (retired) throw noLongerServed(name, model, retired);
      const price = this.#prices.find(name, model);
      if (price) return price;
    }
    throw this.#unknown(provider, model);
  }

  #default(provider: ProviderName): ModelPrice {
    const model = provider === this.#defaultProvider ? this.#defaultModel : null;
    if (model === null) {
      const first = this.#prices.firstOffered(provider);
      if (first) return first;
      throw this.#unknown(provider, null);
    }
    return this.#named(this.retiredDefault()?.successor ?? model, provider);
  }

  /** Every model that is offered, and whether it can be called in this deployment. Other models with a known price can be called, too. */
  list(): ListedModel[] {
    return PROVIDER_NAMES.flatMap((provider) => this.#prices.offered(provider)).map((price) => ({
      ...price,
      available: this.#configured.has(price.provider),
    }));
  }

  /** A model with a known price that its provider serves, listed or not. */
  describe(provider: ProviderName, model: string): ListedModel | undefined {
    const price = this.#prices.served(provider, model);
    return price && { ...price, available: this.#configured.has(provider) };
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

  #unknown(provider: ProviderName | undefined, model: string | null): ModelNotFoundError {
    const subject = model ? `The model "${model}"` : 'The default model';
    const own = model ? this.#ownModels(model) : [];
    if (own.length > 0)
      return new ModelNotFoundError(
        `${subject} is called by its server and its name: use ${own.map((name) => `\`${name}\``).join(' or ')} of OPENAI_COMPATIBLE.`,
      );
    const providers = provider ? [provider] : PROVIDER_NAMES.filter((name) => this.#configured.has(name));
    const names = providers.flatMap((name) => this.#prices.offered(name)).map((other) => other.model);
    const advice = names.length > 0 ? `Choose one of: ${names.join(', ')}.` : 'Choose another provider.';
    const setting = provider === 'OPENAI_COMPATIBLE' ? 'OPENAI_COMPATIBLE_SERVERS' : 'LLM_PRICES_FILE';
    return new ModelNotFoundError(
      `${subject}${provider ? ` of ${provider}` : ''} has no known price. ${advice} The operator can give it a price: ${setting}.`,
    );
  }

  /** The models of the operator's own servers that these call by a name, with their servers before it. */
  #ownModels(name: string): string[] {
    if (!this.#configured.has('OPENAI_COMPATIBLE')) return [];
    const models = this.#prices.offered('OPENAI_COMPATIBLE').map(({ model }) => model);
    return models.filter((model) => model.slice(model.indexOf('/') + 1) === name);
  }

  #names(): string {
    return [...this.#configured].join(', ') || 'none';
  }
}

function noLongerServed(provider: ProviderName, model: string, { since, successor }: Retirement) {
  return new ModelNotFoundError(
    `${provider} no longer serves the model "${model}" since ${since}. Use "${successor}".`,
  );
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
  prices?: PriceList;
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
