/**
 * The stages of a discussion.
 *
 *   UNDERSTAND  finding out what is needed. A clear need goes on to DESIGN in the same turn.
 *   DESIGN      making three designs. Passed through: leads to PRESENT, or back when too little is known.
 *   PRESENT     the designs lie before the person, each with its critique, cost and time.
 *   DEBATE      questions and objections are being answered; the designs stay as they are.
 *   REFINE      changing one design, or all. Passed through: leads to CONFIRM with a chosen design, else to PRESENT.
 *   CONFIRM     one design is selected and waits for a yes.
 *   PLAN        the design is settled and can run.
 *
 * Back edges: whatever has been shown can be debated, refined or made anew, a selected design can be exchanged,
 * even a settled one, and starting over leads back to UNDERSTAND from everywhere. Only CONFIRM leads to PLAN.
 *
 * Text may do in a stage:
 *   UNDERSTAND, DESIGN               describe the need, add to it, talk
 *   PRESENT, DEBATE, REFINE, CONFIRM also ask (→ DEBATE), refine (→ REFINE), select (→ CONFIRM), describe another
 *                                    need (→ DESIGN), start over (→ UNDERSTAND); confirm what is selected (→ PLAN)
 *   PLAN                             the same; a question is answered without leaving the stage
 * `selectProposal` leads to CONFIRM from PRESENT on. `confirmProposal` settles the selected design: from CONFIRM,
 * or by way of it from a stage that the talk has moved to since; without a selection it is illegal.
 */
import { ConflictError } from '../../../errors.ts';
import { IllegalTransitionError } from '../errors.ts';
import type { DiscussionStage } from '../../../generated/prisma/enums.ts';

export const STAGES = [
  'UNDERSTAND',
  'DESIGN',
  'PRESENT',
  'DEBATE',
  'REFINE',
  'CONFIRM',
  'PLAN',
] as const satisfies readonly DiscussionStage[];

/** Staying where one is, is no transition. */
export const TRANSITIONS: Readonly<Record<Stage, readonly Stage[]>> = {
  UNDERSTAND: ['DESIGN'],
  DESIGN: ['PRESENT', 'UNDERSTAND'],
  PRESENT: ['DEBATE', 'REFINE', 'CONFIRM', 'DESIGN', 'UNDERSTAND'],
  DEBATE: ['PRESENT', 'REFINE', 'CONFIRM', 'DESIGN', 'UNDERSTAND'],
  REFINE: ['PRESENT', 'DEBATE', 'CONFIRM', 'DESIGN', 'UNDERSTAND'],
  CONFIRM: ['PLAN', 'PRESENT', 'DEBATE', 'REFINE', 'DESIGN', 'UNDERSTAND'],
  PLAN: ['REFINE', 'CONFIRM', 'DESIGN', 'UNDERSTAND'],
};

/** Errors: IllegalTransitionError with the stages that can follow `from`. */
export function assertTransition(from: Stage, to: Stage): void {
  if (TRANSITIONS[from].includes(to)) return;
  const allowed = TRANSITIONS[from];
  throw new IllegalTransitionError(
    `The discussion cannot go from ${from} to ${to}. ${ADVICE[from]}`,
    from,
    allowed,
  );
}

/** The stages entered on the way, without standing still; each step of it is checked. */
export function path(from: Stage, ...through: Stage[]): Stage[] {
  const entered: Stage[] = [];
  for (const next of through) {
    const current = entered.at(-1) ?? from;
    if (next === current) continue;
    assertTransition(current, next);
    entered.push(next);
  }
  return entered;
}

/** What `selectProposal` enters. Errors: IllegalTransitionError before there are designs. */
export function pathToSelection(stage: Stage): Stage[] {
  return path(stage, 'CONFIRM');
}

/**
 * What `confirmProposal` enters. Errors: IllegalTransitionError before a design is selected and when all is
 * settled already; ConflictError when another design is selected.
 */
export function pathToConfirmation(stage: Stage, isSelected: boolean): Stage[] {
  if (stage === 'PLAN' || !isSelected) assertTransition(stage, 'PLAN');
  if (!isSelected)
    throw new ConflictError(
      'WRONG_STATE',
      'Another design is selected. Select this one first, then confirm it.',
    );
  return path(stage, 'CONFIRM', 'PLAN');
}

const ADVICE: Record<Stage, string> = {
  UNDERSTAND: 'Say first what you need.',
  DESIGN: 'Wait for the designs.',
  PRESENT: 'Select one of the designs first.',
  DEBATE: 'Select one of the designs first.',
  REFINE: 'Wait for the refined design.',
  CONFIRM: 'Confirm the selected design, or change it.',
  PLAN: 'The design is settled: run it, refine it or select another.',
};

export type Stage = DiscussionStage;
