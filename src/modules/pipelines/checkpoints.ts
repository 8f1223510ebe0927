import type { PipelineExecution, StepExecution } from '../../generated/prisma/client.ts';
import type { Design } from '../designs/design.ts';
import { isFinished } from './run/machine.ts';

/** The state of a run at the time when one of its steps finished, derived from the rows of its steps. */
export interface Checkpoint {
  executionId: string;
  /** Rank of the step among the finished steps, from 1. */
  step: number;
  createdAt: Date;
  /** Keys of the steps that could start at this checkpoint. */
  nextSteps: string[];
  state: { request: string; outputs: Record<string, string | null> };
}

export function checkpointsOf(run: CheckpointedRun, steps: StepExecution[]): Checkpoint[] {
  const design = run.design as Design;
  const finished = steps.filter(isFinished).sort((a, b) => (a.finishedOrder ?? 0) - (b.finishedOrder ?? 0));
  return finished.map((last, index) => {
    const done = finished.slice(0, index + 1);
    const keys = new Set(done.map((step) => step.key));
    return {
      executionId: run.id,
      step: index + 1,
      createdAt: last.finishedAt ?? last.startedAt ?? new Date(0),
      nextSteps: design.steps
        .filter((step) => !keys.has(step.key) && step.dependsOn.every((key) => keys.has(key)))
        .map((step) => step.key),
      state: {
        request: run.request,
        outputs: Object.fromEntries(done.map((step) => [step.key, step.output])),
      },
    };
  });
}

type CheckpointedRun = Pick<PipelineExecution, 'id' | 'request' | 'design'>;
