import type { StepExecution } from '../../../generated/prisma/client.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import type { AgentTask } from '../agents/agent.ts';
import type { Design, Step } from '../../designs/design.ts';
import { lastStep } from '../../designs/edit.ts';
import { isFinal, isFinished } from './machine.ts';

/**
 * The state of a run: its design, its steps, and the failure that will end it. Built from rows, so a run may start with
 * finished steps. Immutable: each change returns a new state.
 */
export class RunState {
  readonly design: Design;
  /** The failure with which the run ends when its running steps have finished. Null while no step has failed. */
  readonly failure: ExecutionErrorData | null;
  readonly #steps: ReadonlyMap<string, StepState>;

  constructor(design: Design, steps: readonly StepState[], failure: ExecutionErrorData | null) {
    this.design = design;
    this.failure = failure;
    this.#steps = new Map(steps.map((step) => [step.key, step]));
  }

  withStep(step: StepState): RunState {
    return new RunState(this.design, [...this.#steps.values(), step], this.failure);
  }

  /** Sets the failure of the run, unless an earlier one is set. */
  withFailure(failure: ExecutionErrorData): RunState {
    return new RunState(this.design, this.steps, this.failure ?? failure);
  }

  get steps(): StepState[] {
    return [...this.#steps.values()];
  }

  step(key: string): StepState {
    const step = this.#steps.get(key);
    if (!step) throw new Error(`the run has no step ${key}`);
    return step;
  }

  get isComplete(): boolean {
    return this.steps.every(isFinished);
  }

  /** From 0 to 1. */
  get progress(): number {
    return this.steps.filter(isFinished).length / this.#steps.size;
  }

  /** Whether the step is not final and all its dependencies have finished. */
  canStart({ key, dependsOn }: Step): boolean {
    return !isFinal(this.step(key)) && dependsOn.every((dependency) => isFinished(this.step(dependency)));
  }

  /** The outputs of the step's dependencies, in the order of the design. Null for a skipped step. */
  inputsOf({ dependsOn }: Step): AgentTask['inputs'] {
    return this.design.steps
      .filter(({ key }) => dependsOn.includes(key))
      .map(({ key, title, agent }) => {
        const { status, output } = this.step(key);
        return { key, title, agent, output: status === 'SUCCEEDED' ? (output ?? '') : null };
      });
  }

  /** The step on which no other depends. */
  get lastStep(): StepState {
    return this.step(lastStep(this.design).key);
  }

  /**
   * The output of the last step. If it was skipped, the outputs before it: one as it is, several under their titles.
   * Null when there is none.
   */
  get report(): string | null {
    const sources = this.#reported(lastStep(this.design));
    if (sources.size === 1) return [...sources][0]!.output;
    const parts = this.design.steps.flatMap(({ key, title }) => {
      const step = this.step(key);
      return sources.has(step) ? [`## ${title}\n\n${step.output}`] : [];
    });
    return parts.length > 0 ? parts.join('\n\n') : null;
  }

  /** The step, or in place of a skipped one those that it depends on. */
  #reported({ key, dependsOn }: Step): Set<StepState> {
    const step = this.step(key);
    if (step.status === 'SUCCEEDED') return new Set([step]);
    if (step.status !== 'SKIPPED') return new Set();
    const before = this.design.steps.filter((one) => dependsOn.includes(one.key));
    return new Set(before.flatMap((one) => [...this.#reported(one)]));
  }
}

export interface StepState
  extends Pick<StepExecution, 'key' | 'status' | 'attempts' | 'output' | 'startedAt' | 'finishedOrder'> {
  /** The cost of all attempts. */
  costMicros: bigint;
}
