import { ModelCatalog, type ModelChoice } from './catalog.ts';
import type { LanguageModel } from './language-model.ts';
import type { PriceList } from './price-list.ts';
import type { ModelPrice } from './prices.ts';
import type { ProviderName } from './providers/registry.ts';

/**
 * Combines the catalog with one client per configured provider.
 *
 * @example
 * new ModelRouter({ clients: new Map([['OFFLINE', model]]), defaultProvider: 'OFFLINE' }).route();
 */
export class ModelRouter {
  readonly catalog: ModelCatalog;
  readonly #clients: ReadonlyMap<ProviderName, LanguageModel>;

  constructor({ clients, ...models }: ModelRouterOptions) {
    this.#clients = clients;
    this.catalog = new ModelCatalog({ configured: clients.keys(), ...models });
  }

  /** The client and the price for a choice. Errors: ModelNotFoundError. */
  route(choice?: ModelChoice): Route {
    const price = this.catalog.find(choice);
    const languageModel = this.#clients.get(price.provider)!; // the catalog returns configured providers only
    return { provider: price.provider, model: price.model, languageModel, price };
  }
}

export interface ModelRouterOptions {
  clients: ReadonlyMap<ProviderName, LanguageModel>;
  prices?: PriceList;
  defaultProvider: ProviderName;
  /** Null or undefined: the default model of the provider. */
  defaultModel?: string | null;
}

export interface Route {
  provider: ProviderName;
  model: string;
  languageModel: LanguageModel;
  price: ModelPrice;
}
