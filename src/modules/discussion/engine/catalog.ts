import type { ModelPrice } from '../../../core/llm/prices.ts';
import type { Step } from '../../designs/design.ts';

/** The models that a design may use. */
export interface Catalog {
  /** The models whose provider is configured, newest first per provider. */
  models: readonly ModelPrice[];
  /** The model of a step that names none. */
  defaultModel: ModelPrice;
}

/** Only models of the default provider, which is always configured. */
export function designModels({ models, defaultModel }: Catalog): ModelPrice[] {
  const own = models.filter(
    (model) => model.provider === defaultModel.provider && model.model !== defaultModel.model,
  );
  return [defaultModel, ...own];
}

/** Fast, balanced and strong models of the default provider. The default model replaces a missing tier. */
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
