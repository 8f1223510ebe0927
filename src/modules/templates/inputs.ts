import { z } from 'zod';
import { ValidationError, type ValidationIssue, type ValidationIssueCode } from '../../errors.ts';
import { inspectText, storedName, maxCharacters, storedText } from '../../kernel/input.ts';
import type { Design, Step } from '../designs/design.ts';

export const MAX_INPUTS = 20;
export const MAX_INPUT_TITLE_LENGTH = 120;
export const MAX_INPUT_DESCRIPTION_LENGTH = 500;
export const MAX_INPUT_VALUE_LENGTH = 2_000;
/** What the name of an input looks like. */
export const INPUT_NAME = 'a lower-case letter, then up to 39 of a-z, 0-9 and _';

const inputValue = storedText.check(maxCharacters(MAX_INPUT_VALUE_LENGTH));

/** A named input of a template, which `{{name}}` stands for in the prompts of its steps. */
export const templateInput = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, `must be ${INPUT_NAME}`),
  title: storedName(MAX_INPUT_TITLE_LENGTH),
  description: storedText
    .check(maxCharacters(MAX_INPUT_DESCRIPTION_LENGTH))
    .nullish()
    .transform((text) => text ?? ''),
  /** Null: each run must give a value. */
  defaultValue: inputValue.nullish().transform((value) => value ?? null),
});

export const templateInputs = z.array(templateInput).max(MAX_INPUTS);

/** The values of one run. */
export const templateInputValues = z
  .array(z.object({ name: z.string(), value: inputValue }))
  .max(MAX_INPUTS)
  .nullish()
  .transform((values) => values ?? []);

/** What is wrong with the inputs of a template, and with the placeholders in its prompts. */
export function checkInputs(design: Design, inputs: readonly TemplateInput[]): ValidationIssue[] {
  const names = inputs.map(({ name }) => name);
  const repeated = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [issue('DUPLICATE', ['inputs', String(index), 'name'], `"${name}" is the name of an earlier input.`)]
      : [],
  );
  const undeclared = design.steps.flatMap((step, index) =>
    placeholdersOf(step)
      .filter((name) => !names.includes(name))
      .map((name) =>
        issue(
          'UNKNOWN_VALUE',
          ['design', 'steps', String(index), 'prompt'],
          `{{${name}}} is no input of the template. Declare it in \`inputs\`, or correct the prompt.`,
        ),
      ),
  );
  return [...repeated, ...undeclared];
}

/**
 * Inputs for all placeholders of a design that was made without any. Errors: ValidationError for placeholders that can
 * be no inputs.
 */
export function inputsFor(design: Design): TemplateInput[] {
  const names = [...new Set(design.steps.flatMap(placeholdersOf))];
  const { data, error } = templateInputs.safeParse(names.map((name) => ({ name, title: name })));
  if (data) return data;
  const isMany = error.issues.some(({ path }) => path.length === 0);
  const odd = [...new Set(error.issues.flatMap(({ path: [index] }) => names[Number(index)] ?? []))];
  const message = isMany
    ? `The prompts hold ${names.length} placeholders, and a template has at most ${MAX_INPUTS} inputs.`
    : `${odd.map((name) => `{{${name}}}`).join(', ')} cannot be an input: its name must be ${INPUT_NAME}.`;
  const advice = 'Correct the prompts of the design, and store it with createTemplate.';
  throw new ValidationError([issue('NOT_ALLOWED', ['source'], `${message} ${advice}`)]);
}

/**
 * Inputs whose texts are cleaned as those of each run are. Errors: UnsafeInputError for a likely attack, with which no
 * run could start.
 */
export function inspectInputs(inputs: readonly TemplateInput[]): TemplateInput[] {
  return inputs.map(({ name, title, description, defaultValue }) => ({
    name,
    title: inspectText(title).text,
    description: inspectText(description).text,
    defaultValue: defaultValue === null ? null : inspectText(defaultValue).text,
  }));
}

/** The names of the placeholders in a step's prompt, each once. */
export function placeholdersOf({ prompt }: Step): string[] {
  return [...new Set([...(prompt ?? '').matchAll(PLACEHOLDER)].map(([, name]) => name!))];
}

export function issue(code: ValidationIssueCode, path: string[], message: string): ValidationIssue {
  return { code, path, message };
}

export const PLACEHOLDER = /\{\{ {0,9}([\p{L}\p{N}_-]{1,60}) {0,9}\}\}/gu;

export type TemplateInput = z.output<typeof templateInput>;
