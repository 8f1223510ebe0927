import type { ModelPrice } from '../../../core/llm/prices.ts';
import type { Step } from '../../designs/design.ts';

/** The models that a design may use. */
export interface Catalog {
  /** Those that the person has a key for; of each provider the newest first. */
  models: readonly ModelPrice[];
  /** What a step without a model of its own runs on. */
  defaultModel: ModelPrice;
}

/** Models of the default provider only: a design then runs with the one key that is surely there. */
export function designModels({ models, defaultModel }: Catalog): ModelPrice[] {
  const own = models.filter(
    (model) => model.provider === defaultModel.provider && model.model !== defaultModel.model,
  );
  return [defaultModel, ...own];
}

/** Of the default provider: a cheap quick model, the default one, and a strong one; the default where there is none. */
export function modelTiers(catalog: Catalog): Record<Tier, ModelPrice> {
  const balanced = catalog.defaultModel;
  const relative = (model: ModelPrice) => outputUsd(model) / outputUsd(balanced);
  const own = designModels(catalog);
  const fast = own.find((model) => relative(model) <= 0.5) ?? balanced;
  const deep = own.find((model) => relative(model) >= 1.5 && relative(model) <= 5) ?? balanced;
  return { fast, balanced, deep };
}

export function priceOf(catalog: Catalog, step: Pick<Step, 'provider' | 'model'>): ModelPrice {
  const known = catalog.models.find(
    (model) => model.model === step.model && model.provider === step.provider,
  );
  return known ?? catalog.defaultModel;
}

function outputUsd(model: ModelPrice): number {
  return Number(model.outputUsdPerMTok);
}

export type Tier = 'fast' | 'balanced' | 'deep';
