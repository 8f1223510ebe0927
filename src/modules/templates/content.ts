import { z } from 'zod';
import type { ModelCatalog } from '../../core/llm/catalog.ts';
import { ValidationError, type ValidationIssue } from '../../errors.ts';
import { maxCharacters, storedName, storedText } from '../../kernel/input.ts';
import { type Design, designSchema } from '../designs/design.ts';
import { checkRunnable } from '../designs/runnable.ts';
import { checkFilled } from './filled-prompt.ts';
import { checkInputs, inspectInputs, type TemplateInput, templateInputs } from './inputs.ts';

export const MAX_TEMPLATE_NAME_LENGTH = 120;
export const MAX_TEMPLATE_DESCRIPTION_LENGTH = 2_000;

export const templateName = storedName(MAX_TEMPLATE_NAME_LENGTH);
export const templateDescription = storedText.trim().check(maxCharacters(MAX_TEMPLATE_DESCRIPTION_LENGTH));
export const templateVisibility = z.enum(['PRIVATE', 'SHARED']);

export const newTemplate = z.object({
  name: templateName,
  description: templateDescription.nullish().transform((text) => text ?? ''),
  visibility: templateVisibility.default('PRIVATE'),
});

export const templateChanges = z.object({
  name: templateName.nullish(),
  description: templateDescription.nullish(),
  design: designSchema.nullish(),
  inputs: templateInputs.nullish(),
  visibility: templateVisibility.nullish(),
});

/** A design and its inputs, checked and cleaned. Errors: ValidationError for what could not run; UnsafeInputError. */
export function checkedSource(source: TemplateSource, catalog: Pick<ModelCatalog, 'find'>): TemplateSource {
  const issues = checkRunnable(source.design, catalog);
  return checked(
    source,
    issues.map((issue) => ({ ...issue, path: ['design', ...issue.path] })),
  );
}

/** The same for the design of a stored template, which was checked. */
export function checkedInputs(source: TemplateSource): TemplateSource {
  return checked(source, []);
}

function checked({ design, inputs }: TemplateSource, ofDesign: ValidationIssue[]): TemplateSource {
  const issues = [...ofDesign, ...checkInputs(design, inputs), ...checkFilled(design, inputs)];
  if (issues.length > 0) throw new ValidationError(issues);
  return { design, inputs: inspectInputs(inputs) };
}

/** A design whose prompts may have placeholders, and the inputs that they stand for. */
export interface TemplateSource {
  design: Design;
  inputs: TemplateInput[];
}

export interface TemplateWords extends TemplateSource {
  name: string;
  description: string;
}

export interface TemplateContent extends TemplateWords {
  visibility: z.output<typeof templateVisibility>;
}
