import { ModelCatalog, type ModelChoice, ModelNotFoundError } from './catalog.ts';
import { type CircuitBreaker, type CircuitBreakerOptions, CircuitBreakers } from './circuit-breaker.ts';
import type { LanguageModel } from './language-model.ts';
import type { PriceList } from './price-list.ts';
import type { ModelPrice } from './prices.ts';
import type { ProviderName } from './providers/registry.ts';

/**
 * Finds the ways to call a model: with the caller's own key, else with the tenant's, else with the server's. Behind the
 * wanted model stand the fallbacks that the operator has set.
 *
 * @example
 * const router = new ModelRouter({ clients: new Map([['OFFLINE', model]]), defaultProvider: 'OFFLINE' });
 * const [route] = await router.resolve({}, 'ann');
 */
export class ModelRouter<Holder> {
  /** The models that the server's own keys can call. */
  readonly catalog: ModelCatalog;
  readonly #clients: ReadonlyMap<ProviderName, LanguageModel>;
  readonly #keys: KeySource<Holder> | null;
  readonly #fallbacks: readonly ModelChoice[];
  readonly #breakers: CircuitBreakers;

  constructor({ clients, keys = null, fallbacks = [], breaker, ...models }: ModelRouterOptions<Holder>) {
    this.#clients = clients;
    this.#keys = keys;
    this.#fallbacks = fallbacks;
    this.#breakers = new CircuitBreakers(breaker);
    this.catalog = new ModelCatalog({ configured: clients.keys(), ...models });
  }

  /**
   * The routes for a choice, in the order in which they are tried; never empty. Routes whose circuit breaker is open are
   * left out, as long as another one is there.
   * Errors: ModelNotFoundError; ModelError, the last one of the first route, when all breakers are open.
   */
  async resolve(choice: ModelChoice, holder: Holder): Promise<Route[]> {
    const keys = await this.#keysOf(holder);
    const catalog = this.#catalogWith(keys);
    const prices = [catalog.find(choice), ...this.#fallbacks.flatMap((one) => findIn(catalog, one))];
    const routes = new Map(prices.map((price) => this.#route(price, keys)).map((route) => [route.id, route]));
    const refusals = [...routes.values()].map(({ breaker }) => breaker.refusal);
    const open = [...routes.values()].filter((_, index) => refusals[index] === null);
    if (open.length === 0) throw refusals[0]!;
    return open;
  }

  /** The models that this caller can use, with keys of their own and of the tenant too. */
  async catalogFor(holder: Holder): Promise<ModelCatalog> {
    return this.#catalogWith(await this.#keysOf(holder));
  }

  async #keysOf(holder: Holder): Promise<readonly KeyRoute[]> {
    return (await this.#keys?.keysOf(holder)) ?? [];
  }

  #catalogWith(keys: readonly KeyRoute[]): ModelCatalog {
    return this.catalog.withProviders(keys.map(({ provider }) => provider));
  }

  #route(price: ModelPrice, keys: readonly KeyRoute[]): TriedRoute {
    const { provider, model } = price;
    const key = keys.find((one) => one.provider === provider);
    const client = key?.languageModel ?? this.#clients.get(provider)!; // the catalog finds configured providers only
    const access = `${provider}:${key?.id ?? 'server'}`;
    const breaker = this.#breakers.of(access);
    return {
      id: `${access}:${model}`,
      provider,
      model,
      price,
      breaker,
      languageModel: observed(client, breaker),
    };
  }
}

function findIn(catalog: ModelCatalog, choice: ModelChoice): ModelPrice[] {
  try {
    return [catalog.find(choice)];
  } catch (error) {
    if (error instanceof ModelNotFoundError) return []; // this caller has no key for it
    throw error;
  }
}

/** Tells the breaker how calls end. One that its reader ends early has been answered. */
function observed(client: LanguageModel, breaker: CircuitBreaker): LanguageModel {
  return {
    async *stream(request, signal) {
      let failure: unknown;
      breaker.begin();
      try {
        yield* client.stream(request, signal);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        breaker.end(failure);
      }
    },
  };
}

export interface ModelRouterOptions<Holder> {
  clients: ReadonlyMap<ProviderName, LanguageModel>;
  prices?: PriceList;
  defaultProvider: ProviderName;
  /** Null or undefined: the default model of the provider. */
  defaultModel?: string | null;
  /** Keys of users and tenants. */
  keys?: KeySource<Holder> | null;
  /** What is tried when the wanted model cannot be called, in this order. */
  fallbacks?: readonly ModelChoice[];
  breaker?: CircuitBreakerOptions;
}

/** `Holder`: whose keys a call may use. */
export interface KeySource<Holder> {
  /** The keys that the calls of a holder may use, in the order of preference. */
  keysOf(holder: Holder): Promise<readonly KeyRoute[]>;
}

export interface KeyRoute {
  /** Another one after every change of the key. */
  id: string;
  provider: ProviderName;
  /** Calls the provider with the key, which it opens for each call. */
  languageModel: LanguageModel;
}

export interface Route {
  /** The same for the same model with the same key. */
  id: string;
  provider: ProviderName;
  model: string;
  languageModel: LanguageModel;
  price: ModelPrice;
}

interface TriedRoute extends Route {
  breaker: CircuitBreaker;
}
