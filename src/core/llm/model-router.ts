import { ModelCatalog, type ModelChoice } from './catalog.ts';
import type { LanguageModel } from './language-model.ts';
import type { ModelPrice } from './prices.ts';
import type { ProviderName } from './providers/registry.ts';

/**
 * Joins what can be called (the catalog) with who calls it: one client for each configured provider.
 *
 * @example
 * new ModelRouter({ clients: new Map([['OFFLINE', model]]), defaultProvider: 'OFFLINE' }).route();
 */
export class ModelRouter {
  readonly catalog: ModelCatalog;
  readonly #clients: ReadonlyMap<ProviderName, LanguageModel>;

  constructor({ clients, ...defaults }: ModelRouterOptions) {
    this.#clients = clients;
    this.catalog = new ModelCatalog({ configured: clients.keys(), ...defaults });
  }

  /** Who serves a call, and at which price. Errors: ModelNotFoundError. */
  route(choice?: ModelChoice): Route {
    const price = this.catalog.find(choice);
    const languageModel = this.#clients.get(price.provider)!; // the catalog gives configured providers only
    return { provider: price.provider, model: price.model, languageModel, price };
  }
}

export interface ModelRouterOptions {
  clients: ReadonlyMap<ProviderName, LanguageModel>;
  defaultProvider: ProviderName;
  /** Null and undefined: the provider's own default. */
  defaultModel?: string | null;
}

export interface Route {
  provider: ProviderName;
  model: string;
  languageModel: LanguageModel;
  price: ModelPrice;
}
