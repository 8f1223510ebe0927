import { z } from 'zod';
import { ValidationError, type ValidationIssue, type ValidationIssueCode } from '../../errors.ts';
import { characterCount, firstCharacters } from '../../core/text/characters.ts';
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
      .map((name) => undeclaredIssue(name, ['design', 'steps', String(index), 'prompt'])),
  );
  return [...repeated, ...undeclared];
}

function undeclaredIssue(name: string, path: string[]): ValidationIssue {
  if (isInputName(name)) {
    const message = `${shown(name)} is no input of the template. Declare it in \`inputs\`, or correct the prompt.`;
    return issue('UNKNOWN_VALUE', path, message);
  }
  const advice = 'Correct the prompt; what is no input cannot stand between double braces.';
  return issue('INVALID_FORMAT', path, `${noInput([name])} ${advice}`);
}

/**
 * Inputs for all placeholders of a design that was made without any. Errors: ValidationError for placeholders that can
 * be no inputs.
 */
export function inputsFor(design: Design): TemplateInput[] {
  const names = [...new Set(design.steps.flatMap(placeholdersOf))];
  const odd = names.filter((name) => !isInputName(name));
  if (names.length <= MAX_INPUTS && odd.length === 0) {
    return names.map((name) => ({ name, title: name, description: '', defaultValue: null }));
  }
  const message =
    names.length > MAX_INPUTS
      ? `The prompts hold ${names.length} placeholders, and a template has at most ${MAX_INPUTS} inputs.`
      : noInput(odd);
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

/** What the placeholders in a step's prompt name, each once: names of inputs, and what can be none. */
export function placeholdersOf({ prompt }: Step): string[] {
  return [...new Set([...(prompt ?? '').matchAll(PLACEHOLDER)].map(([, name]) => name!.trim()))];
}

/** A prompt with a text for each placeholder whose name has one. */
export function replacePlaceholders(prompt: string, textOf: (name: string) => string | undefined): string {
  return prompt.replace(PLACEHOLDER, (whole, name: string) => textOf(name.trim()) ?? whole);
}

function isInputName(name: string): boolean {
  return templateInput.shape.name.safeParse(name).success;
}

function noInput(names: readonly string[]): string {
  return `${names.map(shown).join(', ')} cannot be an input: its name must be ${INPUT_NAME}.`;
}

/** A placeholder in a message, which quotes the start of a long one. */
function shown(name: string): string {
  return `{{${characterCount(name) > MAX_SHOWN ? `${firstCharacters(name, MAX_SHOWN)}…` : name}}}`;
}

export function issue(code: ValidationIssueCode, path: string[], message: string): ValidationIssue {
  return { code, path, message };
}

/** Whatever stands between double braces, so that a misspelt name is noticed. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const MAX_SHOWN = 60;

export type TemplateInput = z.output<typeof templateInput>;
