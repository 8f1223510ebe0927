import { describe, expect, it } from 'vitest';
import { designSchema, type Step } from '../../../../../src/modules/designs/design.ts';
import { RunState, type StepState } from '../../../../../src/modules/pipelines/run/run-state.ts';

/** collect → (analyze, skim) → report */
const DESIGN = designSchema.parse({
  steps: [
    { key: 'collect', agent: 'COLLECTOR', title: 'Collect' },
    { key: 'analyze', agent: 'ANALYZER', title: 'Analyze', dependsOn: ['collect'] },
    { key: 'skim', agent: 'VALIDATOR', title: 'Skim', dependsOn: ['collect'] },
    { key: 'report', agent: 'REPORTER', title: 'Report', dependsOn: ['skim', 'analyze'] },
  ],
});
const FAILURE = { code: 'PROVIDER_ERROR', message: 'It is down.', stepKey: 'skim' } as const;

describe('a run state without a finished step', () => {
  const state = runState({});

  it('can start the steps without dependencies', () => {
    expect(startable(state)).toEqual(['collect']);
  });

  it('has no progress and no report', () => {
    expect([state.progress, state.isComplete, state.report]).toEqual([0, false, null]);
  });
});

describe('a run state seeded with finished steps', () => {
  it('can start the steps after them', () => {
    const state = runState({ collect: { status: 'SUCCEEDED', output: 'facts' } });
    expect(startable(state)).toEqual(['analyze', 'skim']);
    expect(state.progress).toBe(0.25);
  });

  it.each<StepState['status']>(['PENDING', 'RUNNING', 'WAITING_FOR_APPROVAL'])(
    'can start a step that an earlier claim left as %s',
    (status) => {
      expect(startable(runState({ collect: { status } }))).toEqual(['collect']);
    },
  );

  it('cannot start a step after a failed one', () => {
    const state = runState({
      collect: { status: 'SUCCEEDED', output: 'facts' },
      analyze: { status: 'SUCCEEDED', output: 'analysis' },
      skim: { status: 'FAILED' },
    });
    expect(startable(state)).toEqual([]);
    expect(state.isComplete).toBe(false);
  });

  it('returns the outputs of a step’s dependencies in the order of the design, and null for a skipped one', () => {
    const state = runState({
      collect: { status: 'SUCCEEDED', output: 'facts' },
      analyze: { status: 'SUCCEEDED', output: 'analysis' },
      skim: { status: 'SKIPPED' },
    });
    expect(state.inputsOf(stepOf('report'))).toEqual([
      { key: 'analyze', title: 'Analyze', agent: 'ANALYZER', output: 'analysis' },
      { key: 'skim', title: 'Skim', agent: 'VALIDATOR', output: null },
    ]);
    expect(startable(state)).toEqual(['report']);
  });

  it('is complete when all have finished, and reports the output of the last step', () => {
    const state = runState({
      collect: { status: 'SUCCEEDED', output: 'facts' },
      analyze: { status: 'SUCCEEDED', output: 'analysis' },
      skim: { status: 'SKIPPED' },
      report: { status: 'SUCCEEDED', output: 'the report' },
    });
    expect([state.isComplete, state.progress, state.report]).toEqual([true, 1, 'the report']);
  });
});

describe('a change of a run state', () => {
  it('returns a new state and leaves the previous one unchanged', () => {
    const before = runState({});
    const after = before.withStep({ ...before.step('collect'), status: 'SUCCEEDED', output: 'facts' });
    expect([before.progress, after.progress]).toEqual([0, 0.25]);
    expect(after.steps.map(({ key }) => key)).toEqual(['collect', 'analyze', 'skim', 'report']);
  });

  it('keeps the first failure', () => {
    const state = runState({})
      .withFailure(FAILURE)
      .withFailure({ ...FAILURE, stepKey: 'analyze' });
    expect(state.failure).toEqual(FAILURE);
  });
});

function runState(steps: Record<string, Partial<StepState>>): RunState {
  const rows = DESIGN.steps.map(({ key }): StepState => ({ ...NEW, key, ...steps[key] }));
  return new RunState(DESIGN, rows, null);
}

function startable(state: RunState): string[] {
  return DESIGN.steps.filter((step) => state.canStart(step)).map(({ key }) => key);
}

function stepOf(key: string): Step {
  return DESIGN.steps.find((step) => step.key === key)!;
}

const NEW = {
  status: 'PENDING',
  attempts: 0,
  output: null,
  startedAt: null,
  finishedOrder: null,
  costMicros: 0n,
} as const;
