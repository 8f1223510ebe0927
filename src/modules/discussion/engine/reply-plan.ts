import { z } from 'zod';
import type { Design, StepApproval } from '../../designs/design.ts';
import { STAGES } from './machine.ts';
import { CONTENT_SOURCES, type KnownProposal, storedCritiqueSchema, STRATEGIES } from './proposal.ts';

/**
 * What a reply will say. Stored with the reply, so that another worker writes the same.
 */
export const REPLY_KINDS = [
  /** Ask for what is missing. */
  'CLARIFY',
  /** Show the designs, new or changed. */
  'PRESENT',
  /** Answer a question or an objection. */
  'ANSWER',
  /** Ask which design is meant. */
  'CHOOSE',
  /** Ask for a yes to the selected design. */
  'CONFIRM',
  /** The design is confirmed. */
  'PLAN',
] as const;

const designSummarySchema = z.object({
  strategy: z.enum(STRATEGIES),
  title: z.string(),
  summary: z.string(),
  steps: z.array(z.string()),
  /** Titles of the steps that a person decides about before they run, and of those whose output a person checks. */
  asksBefore: z.array(z.string()),
  asksAfter: z.array(z.string()).default([]),
  source: z.enum(CONTENT_SOURCES),
  critique: storedCritiqueSchema,
  costUsd: z.string(),
  seconds: z.number(),
  changes: z.array(z.string()),
  selected: z.boolean(),
});

export const replyPlanSchema = z.object({
  kind: z.enum(REPLY_KINDS),
  /** Where the discussion stands after this turn. */
  stage: z.enum(STAGES),
  language: z.string(),
  /** The design that the message names. */
  about: z.enum(STRATEGIES).nullable(),
  /** What the person wrote, shortened. */
  userMessage: z.string(),
  /** Who read it: a model or built-in rules. */
  readingSource: z.enum(CONTENT_SOURCES),
  memory: z.object({
    agreedRequirements: z.array(z.string()),
    openQuestions: z.array(z.string()),
    preferences: z.array(z.string()),
  }),
  /** In the order in which they are shown and counted. */
  designs: z.array(designSummarySchema),
});

export function summaryOf(proposal: KnownProposal): DesignSummary {
  const { strategy, title, summary, source, design, critique, changes, selected } = proposal;
  return {
    strategy,
    title,
    summary,
    steps: design.steps.map((step) => step.title),
    asksBefore: titlesAsking(design, 'BEFORE_STEP'),
    asksAfter: titlesAsking(design, 'AFTER_STEP'),
    source,
    critique,
    costUsd: readableUsd(proposal.estimatedCostMicros),
    seconds: proposal.estimatedSeconds,
    changes,
    selected,
  };
}

function titlesAsking({ steps }: Design, timing: StepApproval['timing']): string[] {
  return steps.filter(({ approval }) => approval?.timing === timing).map(({ title }) => title);
}

/** Rounded for display: three or four decimals. */
export function readableUsd(micros: bigint): string {
  return (Number(micros) / 1_000_000).toFixed(micros < 10_000n ? 4 : 3);
}

export type ReplyPlan = z.output<typeof replyPlanSchema>;
export type ReplyKind = ReplyPlan['kind'];
export type DesignSummary = z.output<typeof designSummarySchema>;
