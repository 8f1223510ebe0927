import { createNonce, isolate, isolationRule } from '../../core/prompt-safety/isolate.ts';
import { characterCount } from '../../core/text/characters.ts';
import { ValidationError, type ValidationIssue } from '../../errors.ts';
import { inspectText, isVisible } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Design, Step } from '../designs/design.ts';
import { issue, placeholdersOf, replacePlaceholders, type TemplateInput } from './inputs.ts';

/**
 * Puts the values of a run into the prompts: `{{topic}}` becomes `[topic]`, and the value follows the prompt as a block
 * of data. Values are never read for placeholders, and cannot end their block, because its mark holds the `nonce`.
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
  refuse(
    steps.flatMap((step) => {
      const message = `With these values the prompt of step "${step.key}" is ${excessOf(step)} characters too long. Shorten them, or give long material in the request.`;
      return excessOf(step) > 0 ? [issue('TOO_LONG', ['templateInputs'], message)] : [];
    }),
  );
  return { design: { ...design, steps }, notices };
}

/** What keeps every run from starting: a prompt that is too long already with the shortest values. */
export function checkFilled(design: Design, inputs: readonly TemplateInput[]): ValidationIssue[] {
  const values = new Map(inputs.map(({ name, defaultValue }) => [name, defaultValue ?? '?']));
  const nonce = createNonce();
  return design.steps.flatMap((step, index) => {
    const filled = fillStep(step, values, nonce);
    if (filled === step || excessOf(filled) <= 0) return [];
    const message = `The prompt is ${excessOf(filled)} characters too long together with the blocks of its inputs. Shorten it, or their defaults.`;
    return [issue('TOO_LONG', ['design', 'steps', String(index), 'prompt'], message)];
  });
}

/**
 * A prompt as plain text, with its values where their placeholders stood, for readers that are no models. A prompt
 * without values is unchanged.
 */
export function plainPrompt(prompt: string): string {
  const [, nonce] = LAST_MARK.exec(prompt) ?? [];
  if (nonce === undefined) return prompt;
  const block = new RegExp(`<data-${nonce} name="(\\w+)">\n([^]*?)\n</data-${nonce}>`, 'g');
  const values = new Map([...prompt.matchAll(block)].map(([, name, value]) => [name!, value!]));
  const end = prompt.indexOf(`\n\n${ruleOf([...values.keys()], nonce)}`);
  if (end < 0) return prompt;
  return prompt.slice(0, end).replace(/\[(\w+)\]/g, (whole, name: string) => values.get(name) ?? whole);
}

function fillStep(step: Step, values: ReadonlyMap<string, string>, nonce: string): Step {
  const names = placeholdersOf(step).filter((name) => values.has(name));
  if (names.length === 0) return step;
  const prompt = replacePlaceholders(step.prompt!, (name) => (values.has(name) ? `[${name}]` : undefined));
  const blocks = names.map((name) => isolate(nonce, name, values.get(name)!));
  return { ...step, prompt: [prompt, ruleOf(names, nonce), ...blocks].join('\n\n') };
}

function ruleOf([first]: readonly string[], nonce: string): string {
  return `A name in brackets, such as [${first}], stands for the block of that name. ${isolationRule(nonce)}`;
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

/** By how many characters a prompt is too long. */
function excessOf({ prompt }: Step): number {
  return characterCount(prompt ?? '') - MAX_STEP_PROMPT_LENGTH;
}

function refuse(issues: ValidationIssue[]): void {
  if (issues.length > 0) throw new ValidationError(issues);
}

/** The mark that ends a filled prompt. Its nonce is the one of all blocks of values. */
const LAST_MARK = /<\/data-([0-9a-f]{32})>$/;

export interface TemplateInputValue {
  name: string;
  value: string;
}
