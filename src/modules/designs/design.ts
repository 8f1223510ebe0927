import { z } from 'zod';
import { PROVIDER_NAMES } from '../../core/llm/providers/registry.ts';
import { firstCharacters } from '../../core/text/characters.ts';
import type { ValidationIssue, ValidationIssueCode } from '../../errors.ts';
import { maxCharacters, storedText } from '../../kernel/input.ts';
import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { AGENT_KIND_NAMES } from './agent-kinds.ts';
import { findCycle } from './order.ts';

/** When a step asks. */
const APPROVAL_TIMINGS = ['BEFORE_STEP', 'AFTER_STEP'] as const;
const REJECTION_ACTIONS = ['FAIL', 'SKIP'] as const;

export const MAX_STEPS = 30;
export const MAX_STEP_TITLE_LENGTH = 120;
/** Of one step's answer, in tokens. */
export const MAX_OUTPUT_TOKENS = 32_000;
/** Where the design does not say. */
export const DEFAULT_MAX_OUTPUT_TOKENS = 2_000;
export const MAX_APPROVAL_QUESTION_LENGTH = 1_000;
const MAX_APPROVAL_TIMEOUT_SECONDS = 30 * 24 * 3600;

const approvalSchema = z.object({
  timing: z.enum(APPROVAL_TIMINGS).default('BEFORE_STEP'),
  /** Null: a question made of the step's title. */
  question: storedText.check(maxCharacters(MAX_APPROVAL_QUESTION_LENGTH)).nullable().default(null),
  /** Null: it waits until somebody decides. */
  timeoutSeconds: z.int().min(1).max(MAX_APPROVAL_TIMEOUT_SECONDS).nullable().default(null),
  onReject: z.enum(REJECTION_ACTIONS).default('FAIL'),
});

export const stepSchema = z.object({
  key: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a lower-case letter, then up to 39 of a-z, 0-9, _ and -'),
  agent: z.enum(AGENT_KIND_NAMES),
  title: storedText.trim().min(1).check(maxCharacters(MAX_STEP_TITLE_LENGTH)),
  prompt: storedText.check(maxCharacters(MAX_STEP_PROMPT_LENGTH)).nullable().default(null),
  dependsOn: z
    .array(z.string())
    .max(MAX_STEPS - 1)
    .default([]),
  /** Null: the server's default. */
  provider: z.enum(PROVIDER_NAMES).nullable().default(null),
  model: z
    .string()
    .regex(/^[\w.:@/-]{1,200}$/, 'must be the name of a model')
    .nullable()
    .default(null),
  maxOutputTokens: z.int().min(1).max(MAX_OUTPUT_TOKENS).nullable().default(null),
  /** Null: the step runs without asking a person. */
  approval: approvalSchema.nullable().default(null),
});

/** What one step or one field can say about itself; what the steps say about each other is `checkDesign`. */
export const designSchema = z.object({
  steps: z.array(stepSchema).min(1, 'must hold at least one step').max(MAX_STEPS),
  requireDifferentApprover: z.boolean().default(false),
});

/** What is wrong with the design as a graph; empty when it can run. Paths are relative to the design. */
export function checkDesign(design: Pick<Design, 'steps'>): ValidationIssue[] {
  const known = new Set(design.steps.map((step) => step.key));
  return [
    ...design.steps.flatMap((step, index) => [
      ...checkKey(design.steps, index),
      ...checkDependencies(step, index, known),
      ...checkPrompt(step, index),
    ]),
    ...checkShape(design.steps),
  ];
}

function checkKey(steps: Step[], index: number): ValidationIssue[] {
  const { key } = steps[index]!;
  const isRepeated = steps.findIndex((step) => step.key === key) < index;
  return isRepeated
    ? [issue('DUPLICATE', index, 'key', `"${key}" is the key of an earlier step. Give each step its own.`)]
    : [];
}

function checkDependencies(step: Step, index: number, known: Set<string>): ValidationIssue[] {
  return step.dependsOn.flatMap((dependency, place) => {
    if (dependency === step.key)
      return [issue('CYCLE', index, 'dependsOn', 'A step cannot depend on itself.')];
    if (!known.has(dependency)) {
      return [
        issue(
          'UNKNOWN_VALUE',
          index,
          'dependsOn',
          `There is no step "${shorten(dependency)}". Name the key of another step.`,
        ),
      ];
    }
    const isRepeated = step.dependsOn.indexOf(dependency) < place;
    return isRepeated ? [issue('DUPLICATE', index, 'dependsOn', `"${dependency}" is named twice.`)] : [];
  });
}

function checkPrompt(step: Step, index: number): ValidationIssue[] {
  if (step.agent !== 'CUSTOM' || step.prompt?.trim()) return [];
  return [issue('REQUIRED', index, 'prompt', 'A CUSTOM step does what its prompt says: give it one.')];
}

/** No circle, and one step at the end whose output is the result. */
function checkShape(steps: Step[]): ValidationIssue[] {
  const cycle = findCycle(steps);
  if (cycle) {
    const index = steps.findIndex((step) => step.key === cycle[0]);
    const circle = [...cycle, cycle[0]].join(' → ');
    return [
      issue(
        'CYCLE',
        index,
        'dependsOn',
        `These steps wait for each other: ${circle}. Remove one of the dependencies.`,
      ),
    ];
  }
  const needed = new Set(steps.flatMap((step) => step.dependsOn.filter((key) => key !== step.key)));
  const sinks = steps.filter((step) => !needed.has(step.key)).map((step) => step.key);
  if (sinks.length < 2) return [];
  const message = `The design ends in ${sinks.length} steps (${sinks.join(', ')}). Let one last step depend on the others.`;
  return [{ code: 'NOT_ALLOWED', path: ['steps'], message }];
}

export function maxOutputTokensOf({ maxOutputTokens }: Step): number {
  return maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS;
}

function issue(
  code: ValidationIssueCode,
  index: number,
  field: keyof Step,
  message: string,
): ValidationIssue {
  return { code, path: ['steps', String(index), field], message };
}

function shorten(key: string): string {
  const start = firstCharacters(key, 40);
  return start.length < key.length ? `${start}…` : key;
}

export type Design = z.output<typeof designSchema>;
export type Step = z.output<typeof stepSchema>;
export type StepApproval = z.output<typeof approvalSchema>;
