import { ModelError, type ModelErrorCode } from './language-model.ts';
import type { Route } from './model-router.ts';

/** Which of several routes the attempts of one piece of work take: the first one, until it fails; then the next. */
export class RouteTrial {
  readonly #failed = new Set<string>();
  #routes: readonly Route[] = [];
  #current: Route | undefined;

  /** The route of the next attempt: the first that has not failed, or the first again when all have. */
  next(routes: readonly Route[]): Route {
    this.#routes = routes;
    if (routes.every(({ id }) => this.#failed.has(id))) this.#failed.clear();
    return (this.#current = routes.find(({ id }) => !this.#failed.has(id))!);
  }

  /** Call it with the error of an attempt. Whether another route may do better, which is then the next one. */
  failed(error: unknown): boolean {
    const isOfRoute = error instanceof ModelError && OF_ROUTE.has(error.code);
    if (!isOfRoute || !this.#current) return false;
    this.#failed.add(this.#current.id);
    return this.#routes.some(({ id }) => !this.#failed.has(id));
  }
}

/** Failures of a provider or a key. The others would be the same everywhere. */
const OF_ROUTE: ReadonlySet<ModelErrorCode> = new Set([
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TRUNCATED',
  'TIMEOUT',
  'AUTH',
]);
