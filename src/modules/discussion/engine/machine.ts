/**
 * The stages of a discussion.
 *
 *   UNDERSTAND  The need is not clear yet. A clear need leads to DESIGN in the same turn.
 *   DESIGN      Three designs are made. Transient: leads to PRESENT, or back when too little is known.
 *   PRESENT     The designs are shown, each with its critique, cost and duration.
 *   DEBATE      Questions and objections are answered. The designs do not change.
 *   REFINE      One design or all are changed. Transient: leads to CONFIRM with a selected design, else to PRESENT.
 *   CONFIRM     One design is selected and awaits confirmation.
 *   PLAN        The design is confirmed and can run.
 *
 * Shown designs can be debated, refined or replaced at any time. Another design can be selected even after
 * confirmation. Starting over leads to UNDERSTAND from every stage. Only CONFIRM leads to PLAN.
 *
 * What a message may do in each stage:
 *   UNDERSTAND, DESIGN               describe the need, add to it, talk
 *   PRESENT, DEBATE, REFINE, CONFIRM also ask (→ DEBATE), refine (→ REFINE), select (→ CONFIRM), describe another
 *                                    need (→ DESIGN), start over (→ UNDERSTAND); confirm what is selected (→ PLAN)
 *   PLAN                             the same; a question is answered without leaving the stage
 * `selectProposal` leads to CONFIRM from PRESENT and later stages. `confirmProposal` leads to PLAN, through CONFIRM if
 * necessary; it fails without a selection.
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

/** Remaining in a stage is not a transition. */
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

/** The stages entered on the way. Omits repetitions and checks each transition. */
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

/** Stages that `selectProposal` enters. Errors: IllegalTransitionError before there are designs. */
export function pathToSelection(stage: Stage): Stage[] {
  return path(stage, 'CONFIRM');
}

/**
 * Stages that `confirmProposal` enters. Errors: IllegalTransitionError when no design is selected or the design is
 * already confirmed; ConflictError when another design is selected.
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
  PLAN: 'The design is confirmed: run it, refine it or select another.',
};

export type Stage = DiscussionStage;
