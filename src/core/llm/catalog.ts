import list from './prices.json' with { type: 'json' };
import type { ModelPrice } from './prices.ts';
import { isProviderName, PROVIDER_NAMES, type ProviderName } from './providers/registry.ts';

/** Every model whose price is known; the first one of a provider is its default. */
export const MODEL_PRICES: readonly ModelPrice[] = PROVIDER_NAMES.flatMap((provider) =>
  ((list.models as PriceList)[provider] ?? []).map((price) => ({ provider, ...price })),
);

/**
 * The models that can be called here and what they cost. Only models with a known price are ever chosen, so that
 * every call can be charged, and nothing is chosen in place of what was asked for. Calls nobody: pure.
 */
export class ModelCatalog {
  readonly #configured: ReadonlySet<ProviderName>;
  readonly #defaultProvider: ProviderName;
  readonly #defaultModel: string | null;

  constructor({ configured, defaultProvider, defaultModel = null }: CatalogOptions) {
    this.#configured = new Set(configured);
    this.#defaultProvider = defaultProvider;
    this.#defaultModel = defaultModel;
  }

  /**
   * Without a model: the provider's default. Without a provider: the one that has the model. Without both: the
   * defaults. Names of providers are read in any case.
   * Errors: ModelNotFoundError, which says what there is instead.
   */
  find({ provider, model }: ModelChoice = {}): ModelPrice {
    const asked = provider ? this.#parse(provider) : model ? undefined : this.#defaultProvider;
    const wanted = model || (asked === this.#defaultProvider ? this.#defaultModel : undefined);
    const known = MODEL_PRICES.filter((price) => !asked || price.provider === asked);
    const price = wanted ? known.find((candidate) => candidate.model === wanted) : known[0];
    if (!price) throw this.#unknown(asked, wanted, known);
    if (this.#configured.has(price.provider)) return price;
    throw new ModelNotFoundError(
      `The provider ${price.provider} is not configured here. Configured: ${this.#names()}.`,
    );
  }

  /** Every model with a known price, and whether it can be called here. */
  list(): ListedModel[] {
    return MODEL_PRICES.map((price) => ({ ...price, available: this.#configured.has(price.provider) }));
  }

  #parse(text: string): ProviderName {
    const name = text.trim().toUpperCase();
    if (isProviderName(name)) return name;
    throw new ModelNotFoundError(`There is no provider "${text}". Configured: ${this.#names()}.`);
  }

  #unknown(
    provider: ProviderName | undefined,
    model: string | null | undefined,
    known: readonly ModelPrice[],
  ): ModelNotFoundError {
    const what = model ? `The model "${model}"` : 'A model without a name';
    const names = known.filter((other) => provider || this.#configured.has(other.provider));
    const advice =
      names.length > 0
        ? `Choose one of: ${names.map((other) => other.model).join(', ')}.`
        : 'Choose another provider.';
    return new ModelNotFoundError(
      `${what}${provider ? ` of ${provider}` : ''} has no known price. ${advice}`,
    );
  }

  #names(): string {
    return [...this.#configured].join(', ') || 'none';
  }
}

/** What was asked for cannot be called here; the message says what can. */
export class ModelNotFoundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelNotFoundError';
  }
}

export interface CatalogOptions {
  /** The providers that can be called. */
  configured: Iterable<ProviderName>;
  defaultProvider: ProviderName;
  /** Null and undefined: the provider's own default. */
  defaultModel?: string | null;
}

export interface ModelChoice {
  provider?: string | null;
  model?: string | null;
}

export interface ListedModel extends ModelPrice {
  /** Its provider is configured here. */
  available: boolean;
}

type PriceList = Partial<Record<ProviderName, readonly Omit<ModelPrice, 'provider'>[]>>;
