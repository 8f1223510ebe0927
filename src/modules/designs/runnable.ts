import { type ModelCatalog, ModelNotFoundError } from '../../core/llm/catalog.ts';
import type { ValidationIssue } from '../../errors.ts';
import { checkDesign, type Design } from './design.ts';

/** What keeps the design from running: its graph, or a model that is not available. Paths are relative to the design. */
export function checkRunnable(design: Design, catalog: Pick<ModelCatalog, 'find'>): ValidationIssue[] {
  return [...checkDesign(design), ...checkModels(design, catalog)];
}

function checkModels(design: Design, catalog: Pick<ModelCatalog, 'find'>): ValidationIssue[] {
  return design.steps.flatMap((step, index) => {
    try {
      catalog.find({ provider: step.provider, model: step.model });
      return [];
    } catch (error) {
      if (!(error instanceof ModelNotFoundError)) throw error;
      return [{ code: 'UNKNOWN_VALUE', path: ['steps', String(index), 'model'], message: error.message }];
    }
  });
}
