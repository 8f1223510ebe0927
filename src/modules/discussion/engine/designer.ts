import { z } from 'zod';
import { checkDesign, MAX_STEPS, type Step, stepSchema } from '../../designs/design.ts';
import { type Catalog, designModels, modelTiers, type Tier } from './catalog.ts';
import { type Memory, tidy } from './memory.ts';
import {
  contextData,
  designData,
  designInstructions,
  memoryData,
  promptFor,
  refineInstructions,
  strategyRule,
} from './prompts.ts';
import { type Draft, STRATEGIES, type Strategy } from './proposal.ts';
import {
  type Generated,
  generateWithFallback,
  type PromptTask,
  type StructuredModel,
  waitForAll,
} from './structured-model.ts';

/**
 * Returns three valid designs in the order of STRATEGIES that differ in steps, models or order. A duplicate is replaced
 * by a built-in design.
 */
export async function proposeDesigns(
  model: StructuredModel,
  fallback: DesignFallback,
  facts: NeedFacts,
): Promise<Generated<Draft>[]> {
  const builtIn = (known: DesignFacts) => fallback.design(known);
  const draftOf = (strategy: Strategy, answer: DesignAnswer) =>
    toDraft(strategy, { ...answer, changes: [] }, facts.catalog);
  const designs = await waitForAll(
    STRATEGIES.map(async (strategy) => {
      const answer = await generateWithFallback(model, builtIn, DESIGN, { ...facts, strategy });
      return { ...answer, value: draftOf(strategy, answer.value) };
    }),
  );
  return replaceDoubles(designs, (strategy) => draftOf(strategy, builtIn({ ...facts, strategy })));
}

/** Applies a change to a design. The result is valid and lists at least one change. */
export async function refineDesign(
  model: StructuredModel,
  fallback: DesignFallback,
  facts: RefineFacts,
): Promise<Generated<Draft>> {
  const answer = await generateWithFallback(model, (known) => fallback.refine(known), REFINE, facts);
  const { value } = answer;
  const changes = value.changes.length > 0 ? value.changes : [tidy(facts.change)];
  const refined = toDraft(facts.draft.strategy, { ...value, changes }, facts.catalog);
  refined.design.requireDifferentApprover = facts.draft.design.requireDifferentApprover;
  return { ...answer, value: refined };
}

const line = (maxLength: number) =>
  z
    .string()
    .transform((text) => tidy(text, maxLength))
    .pipe(z.string().min(1, 'must not be blank'));

/** Models write the keys of steps like titles. Those that a person wrote are taken as they are. */
const stepKey = z.string().transform((key) => key.trim().toLowerCase().replace(/\s+/g, '-'));

/** A model names the model of a step only; which provider has it is known. */
const stepAnswerSchema = stepSchema
  .omit({ provider: true })
  .extend({
    key: stepKey.pipe(stepSchema.shape.key),
    dependsOn: z
      .array(stepKey)
      .max(MAX_STEPS - 1)
      .default([]),
  })
  .transform((step): Step => ({ ...step, provider: null }));

/** A design as a model returns it. Graph errors are validation issues and are repaired like others. */
const designAnswerSchema = z
  .object({
    title: line(120),
    summary: line(600),
    changes: z.array(line(300)).max(20).default([]),
    steps: z.array(stepAnswerSchema).min(1).max(MAX_STEPS),
  })
  .superRefine((answer, context) => {
    for (const { path, message } of checkDesign(answer)) context.addIssue({ code: 'custom', path, message });
  });

export const DESIGN: PromptTask<DesignFacts, DesignAnswer> = {
  name: 'discussion.design',
  schema: designAnswerSchema,
  prompt: ({ strategy, need, memory, catalog, context, language }) =>
    promptFor({
      instructions: designInstructions(designModels(catalog)),
      focus: strategyRule(strategy),
      data: { need, ...memoryData(memory), 'application context': contextData(context) },
      language,
      maxOutputTokens: 5_000,
    }),
};

export const REFINE: PromptTask<RefineFacts, DesignAnswer> = {
  name: 'discussion.refine',
  schema: designAnswerSchema,
  prompt: ({ draft, change, memory, catalog, language }) =>
    promptFor({
      instructions: refineInstructions(designModels(catalog)),
      data: { ...memoryData(memory), design: designData(draft), change },
      language,
      maxOutputTokens: 6_000,
    }),
};

function toDraft(strategy: Strategy, answer: DesignAnswer, catalog: Catalog): Draft {
  const { title, summary, changes } = answer;
  const steps = answer.steps.map((step) => ({ ...step, ...modelOf(step, strategy, catalog) }));
  return { strategy, title, summary, changes, design: { steps, requireDifferentApprover: false } };
}

/** The named model if available, else the one for the strategy. */
function modelOf(step: Step, strategy: Strategy, catalog: Catalog): Pick<Step, 'provider' | 'model'> {
  const named = [...designModels(catalog), ...catalog.models].find(
    ({ provider, model }) => model === step.model && (step.provider === null || step.provider === provider),
  );
  const { provider, model } = named ?? modelTiers(catalog)[TIERS[strategy]];
  return { provider, model };
}

const TIERS: Record<Strategy, Tier> = { SPEED: 'fast', QUALITY: 'deep', BALANCED: 'balanced' };

/** Each round replaces one design of the model: the later of two, or the one that equals a built-in one. */
function replaceDoubles(
  designs: Generated<Draft>[],
  builtIn: (strategy: Strategy) => Draft,
): Generated<Draft>[] {
  const shapes = designs.map(({ value }) => shapeOf(value));
  const equalOf = (index: number) =>
    designs.find((_, other) => other !== index && shapes[other] === shapes[index]);
  const index = designs.findLastIndex(({ source }, at) => source === 'MODEL' && equalOf(at));
  const [double, equal] = [designs[index], equalOf(index)];
  if (!double || !equal) return designs;
  const replacement: Generated<Draft> = {
    value: builtIn(double.value.strategy),
    source: 'BUILT_IN',
    failure: { code: 'DUPLICATE', message: reasonOf(equal) },
  };
  return replaceDoubles(designs.with(index, replacement), builtIn);
}

function reasonOf({ source, value: { strategy } }: Generated<Draft>): string {
  if (source === 'MODEL') return 'The model gave the same design for two strategies.';
  return `The model gave the design that the built-in rules had made for ${strategy}.`;
}

/** What distinguishes two designs. Names and wording do not count. */
function shapeOf({ design: { steps } }: Draft): string {
  const place = new Map(steps.map((step, index) => [step.key, index]));
  return JSON.stringify(
    steps.map((step) => [
      step.agent,
      step.model,
      step.dependsOn.map((key) => place.get(key)),
      step.approval !== null,
    ]),
  );
}

export interface NeedFacts {
  need: string;
  memory: Memory;
  language: string;
  catalog: Catalog;
  context: Readonly<Record<string, unknown>> | null;
}

export interface DesignFacts extends NeedFacts {
  strategy: Strategy;
}

export interface RefineFacts extends NeedFacts {
  draft: Draft;
  change: string;
}

export type DesignAnswer = z.output<typeof designAnswerSchema>;

export interface DesignFallback {
  design(facts: DesignFacts): DesignAnswer;
  refine(facts: RefineFacts): DesignAnswer;
}
