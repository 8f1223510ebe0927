import { describe, expect, it } from 'vitest';
import { ConflictError } from '../../../../../src/errors.ts';
import { IllegalTransitionError } from '../../../../../src/modules/discussion/errors.ts';
import {
  assertTransition,
  path,
  pathToConfirmation,
  pathToSelection,
  type Stage,
  STAGES,
  TRANSITIONS,
} from '../../../../../src/modules/discussion/engine/machine.ts';

/** Rows lead from, columns to, both in the order of STAGES. */
const LEGAL = [
  //            U D P D R C P
  /* UNDERSTAND */ '.x.....',
  /* DESIGN     */ 'x.x....',
  /* PRESENT    */ 'xx.xxx.',
  /* DEBATE     */ 'xxx.xx.',
  /* REFINE     */ 'xxxx.x.',
  /* CONFIRM    */ 'xxxxx.x',
  /* PLAN       */ 'xx..xx.',
];

const pairs = STAGES.flatMap((from, row) =>
  STAGES.map((to, column): [Stage, Stage, boolean] => [from, to, LEGAL[row]![column] === 'x']),
);

describe('assertTransition', () => {
  it.each(pairs)('%s → %s: %s', (from, to, isLegal) => {
    if (isLegal) return expect(() => assertTransition(from, to)).not.toThrow();
    const error = catchError(() => assertTransition(from, to));
    expect(error).toBeInstanceOf(IllegalTransitionError);
    expect(error).toMatchObject({ stage: from, allowed: TRANSITIONS[from] });
  });
});

describe('the table of stages', () => {
  it('leads from the start to every stage in the order of a plain talk', () => {
    expect(path('UNDERSTAND', 'DESIGN', 'PRESENT', 'DEBATE', 'REFINE', 'CONFIRM', 'PLAN')).toHaveLength(6);
  });

  it('leads back to the start from everywhere', () => {
    for (const stage of STAGES) expect(() => path(stage, 'UNDERSTAND')).not.toThrow();
  });

  it('leads to PLAN from CONFIRM only', () => {
    expect(STAGES.filter((stage) => TRANSITIONS[stage].includes('PLAN'))).toEqual(['CONFIRM']);
  });
});

describe('path', () => {
  it('leaves out standing still', () => {
    expect(path('PRESENT', 'PRESENT', 'CONFIRM', 'CONFIRM')).toEqual(['CONFIRM']);
    expect(path('PLAN', 'PLAN')).toEqual([]);
  });

  it('refuses a way with one illegal step', () => {
    expect(catchError(() => path('PRESENT', 'CONFIRM', 'PLAN', 'DEBATE'))).toMatchObject({ stage: 'PLAN' });
  });
});

describe('pathToSelection', () => {
  it.each<[Stage, Stage[]]>([
    ['PRESENT', ['CONFIRM']],
    ['DEBATE', ['CONFIRM']],
    ['REFINE', ['CONFIRM']],
    ['CONFIRM', []],
    ['PLAN', ['CONFIRM']],
  ])('from %s enters %j', (stage, entered) => {
    expect(pathToSelection(stage)).toEqual(entered);
  });

  it.each<Stage>(['UNDERSTAND', 'DESIGN'])('is illegal in %s, where there are no designs', (stage) => {
    expect(catchError(() => pathToSelection(stage))).toMatchObject({ stage, allowed: TRANSITIONS[stage] });
  });
});

describe('pathToConfirmation', () => {
  it.each<[Stage, Stage[]]>([
    ['PRESENT', ['CONFIRM', 'PLAN']],
    ['DEBATE', ['CONFIRM', 'PLAN']],
    ['REFINE', ['CONFIRM', 'PLAN']],
    ['CONFIRM', ['PLAN']],
  ])('of the selected design from %s enters %j', (stage, entered) => {
    expect(pathToConfirmation(stage, true)).toEqual(entered);
  });

  it.each<Stage>(['UNDERSTAND', 'DESIGN', 'PLAN'])('is illegal in %s', (stage) => {
    expect(catchError(() => pathToConfirmation(stage, true))).toBeInstanceOf(IllegalTransitionError);
  });

  it.each(STAGES.filter((stage) => stage !== 'CONFIRM'))(
    'is illegal in %s for a design that is not selected',
    (stage) => {
      expect(catchError(() => pathToConfirmation(stage, false))).toBeInstanceOf(IllegalTransitionError);
    },
  );

  it('conflicts in CONFIRM for a design that is not selected, because another one is', () => {
    expect(catchError(() => pathToConfirmation('CONFIRM', false))).toBeInstanceOf(ConflictError);
  });
});

function catchError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('It did not throw.');
}
