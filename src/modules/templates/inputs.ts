import { z } from 'zod';
import { isolate, isolationRule } from '../../core/prompt-safety/isolate.ts';
import { ValidationError, type ValidationIssue, type ValidationIssueCode } from '../../errors.ts';
import { inspectText, isVisible, storedName, maxCharacters, storedText } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Design, Step } from '../designs/design.ts';

export const MAX_INPUTS = 20;
export const MAX_INPUT_TITLE_LENGTH = 120;
export const MAX_INPUT_DESCRIPTION_LENGTH = 500;
export const MAX_INPUT_VALUE_LENGTH = 2_000;

const inputValue = storedText.check(maxCharacters(MAX_INPUT_VALUE_LENGTH));

/** A named input of a template, which `{{name}}` stands for in the prompts of its steps. */
export const templateInput = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a lower-case letter, then up to 39 of a-z, 0-9 and _'),
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

/** Inputs for all placeholders of a design that was made without any. */
export function inputsFor(design: Design): TemplateInput[] {
  const names = new Set(design.steps.flatMap(placeholdersOf));
  return [...names].map((name) => ({ name, title: name, description: '', defaultValue: null }));
}

/**
 * Puts the values of a run into the prompts: `{{topic}}` becomes `[topic]`, and the value follows the prompt as a block of
 * data. Values are never read for placeholders, and cannot end their block, because its mark holds the `nonce`.
 * Errors: ValidationError; UnsafeInputError for a value that is a likely attack.
 */
export function fillInputs(
  design: Design,
  inputs: readonly TemplateInput[],
  given: readonly TemplateInputValue[],
  nonce: string,
): { design: Design; notices: Notice[] } {
  refuse(checkValues(inputs, given));
  const notices: Notice[] = [];
  const values = new Map(
    inputs.map(({ name, defaultValue }) => {
      const value = given.find((one) => one.name === name)?.value ?? defaultValue ?? '';
      const inspected = inspectText(value);
      notices.push(...inspected.notices);
      return [name, inspected.text];
    }),
  );
  const steps = design.steps.map((step) => fillStep(step, values, nonce));
  refuse(steps.flatMap(checkLength));
  return { design: { ...design, steps }, notices };
}

function fillStep(step: Step, values: ReadonlyMap<string, string>, nonce: string): Step {
  const names = placeholdersOf(step).filter((name) => values.has(name));
  if (names.length === 0) return step;
  const prompt = step.prompt!.replace(PLACEHOLDER, (whole, name: string) =>
    values.has(name) ? `[${name}]` : whole,
  );
  const blocks = names.map((name) => isolate(nonce, name, values.get(name)!));
  const rule = `A name in brackets, such as [${names[0]}], stands for the block of that name. ${isolationRule(nonce)}`;
  return { ...step, prompt: [prompt, rule, ...blocks].join('\n\n') };
}

/** The names of the placeholders in a step's prompt, each once. */
function placeholdersOf({ prompt }: Step): string[] {
  return [...new Set([...(prompt ?? '').matchAll(PLACEHOLDER)].map(([, name]) => name!))];
}

function checkValues(
  inputs: readonly TemplateInput[],
  given: readonly TemplateInputValue[],
): ValidationIssue[] {
  const names = given.map(({ name }) => name);
  const wrong = names.flatMap((name, index) => {
    const path = ['templateInputs', String(index), 'name'];
    if (names.indexOf(name) < index) return [issue('DUPLICATE', path, 'The input already has a value.')];
    if (inputs.some((input) => input.name === name)) return [];
    const known = inputs.map((input) => input.name).join(', ') || 'none';
    return [issue('UNKNOWN_VALUE', path, `The template has no such input. It has: ${known}.`)];
  });
  const missing = inputs.flatMap(({ name, title, defaultValue }) => {
    const index = names.indexOf(name);
    if (defaultValue !== null || (index >= 0 && isVisible(given[index]!.value))) return [];
    const path = index >= 0 ? ['templateInputs', String(index), 'value'] : ['templateInputs'];
    return [issue('REQUIRED', path, `The input "${name}" (${title}) needs a value.`)];
  });
  return [...wrong, ...missing];
}

function checkLength({ key, prompt }: Step): ValidationIssue[] {
  const excess = (prompt?.length ?? 0) - MAX_STEP_PROMPT_LENGTH;
  if (excess <= 0) return [];
  const message = `With these values the prompt of step "${key}" is ${excess} characters too long. Shorten them, or give long material in the request.`;
  return [issue('TOO_LONG', ['templateInputs'], message)];
}

function refuse(issues: ValidationIssue[]): void {
  if (issues.length > 0) throw new ValidationError(issues);
}

function issue(code: ValidationIssueCode, path: string[], message: string): ValidationIssue {
  return { code, path, message };
}

const PLACEHOLDER = /\{\{ {0,9}([\p{L}\p{N}_-]{1,60}) {0,9}\}\}/gu;

export type TemplateInput = z.output<typeof templateInput>;
export interface TemplateInputValue {
  name: string;
  value: string;
}
