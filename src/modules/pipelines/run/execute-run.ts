import { entrypoint, task } from '@langchain/langgraph';
import type { Claim } from '../../../core/claims/claim-keeper.ts';
import { FencedError } from '../../../core/event-log/event-log.ts';
import type { Services } from '../../../kernel/context.ts';
import type { Step } from '../../designs/design.ts';
import { signalsLog } from '../../../kernel/events/signals.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { isStalled } from '../../../kernel/work/retry-policy.ts';
import type { AgentTask } from '../agents/agent.ts';
import { ApprovalWaiters } from './approval-waiters.ts';
import { type Decision, decisionOf } from '../machine.ts';
import { ClaimedRun } from './claimed-run.ts';
import { executeStep, type StepResult, type StepWork, storedResult } from './step.ts';

/**
 * One claim's work on a run (its states: `machine.ts`).
 *
 * The graph is LangGraph's functional form: one task for each step, named by its key, started as soon as the
 * step's own dependencies have finished. It runs from the beginning at every claim; a step whose row has finished
 * answers from the row, so nothing that finished runs twice. The rows are the only truth: LangGraph keeps no
 * checkpoint beside them.
 *
 * The run stops without an end when the worker loses its claim or hands over (`handover` aborts), and ends when
 * a person cancels, when a step fails (steps under way are let finish, nothing new starts), or when all is done.
 */
export async function workOnRun(
  services: Services,
  executionId: string,
  claim: Claim,
  handover: AbortSignal,
): Promise<void> {
  const { head } = await services.eventLog.state(signalsLog(executionId));
  const run = await ClaimedRun.load(services, executionId, claim);
  if (!run) return;

  const left = new AbortController();
  const pass = new RunExecution(run, handover);
  const listening = pass.listen(head, AbortSignal.any([handover, left.signal]));
  try {
    if (run.execution.cancelRequestedAt) return await run.end('CANCELLED', null);
    if (isStalled(run.execution)) return await run.end('FAILED', STALLED);
    if (waitsForPeople(run) && !(await someoneDecided(run))) return;
    await run.begin();
    await pass.execute();
    // Without a reason to end it waits for people, or for another worker.
    if (pass.cancelled) await run.end('CANCELLED', null);
    else if (run.failure) await run.end('FAILED', run.failure);
    else if (run.isComplete) await run.end('SUCCEEDED', null);
    else if (handover.aborted) await run.handOver();
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
  } finally {
    left.abort();
    await listening;
  }
}

/** One walk through the graph: from the claim to the end, a pause or a stop. */
class RunExecution {
  readonly #run: ClaimedRun;
  readonly #cancel = new AbortController();
  readonly #signal: AbortSignal;
  readonly #decisions: ApprovalWaiters;
  #noNewSteps: boolean;
  #fault: { error: unknown } | null = null;

  constructor(run: ClaimedRun, handover: AbortSignal) {
    this.#run = run;
    this.#noNewSteps = run.failure !== null;
    this.#signal = AbortSignal.any([handover, this.#cancel.signal]);
    this.#decisions = new ApprovalWaiters((waiting) => this.#park(waiting));
    this.#signal.addEventListener('abort', () => this.#decisions.stop(), { once: true });
  }

  get cancelled(): boolean {
    return this.#cancel.signal.aborted;
  }

  /** Hears of decisions and of a cancel, from whatever process they come. */
  async listen(after: number, signal: AbortSignal): Promise<void> {
    const { services, id } = this.#run;
    for await (const { data } of services.followers.follow(signalsLog(id), after, signal)) {
      if (data.type === 'cancel') this.#cancel.abort();
      else await this.#decided(data.stepKey);
    }
  }

  async execute(): Promise<void> {
    const { steps } = this.#run.design;
    const tasks = new Map(
      steps.map((step) => [
        step.key,
        task({ name: step.key }, (work: StepWork) =>
          executeStep(this.#run, step, work, this.#signal).catch(this.#break),
        ),
      ]),
    );
    const results = new Map<string, Promise<StepResult>>();
    const graph = entrypoint({ name: 'run' }, (_runId: string) => {
      const resultOf = (step: Step): Promise<StepResult> => {
        const known =
          results.get(step.key) ?? this.#result(step, resultOf, tasks.get(step.key)!).catch(this.#break);
        results.set(step.key, known);
        return known;
      };
      return Promise.all(steps.map(resultOf));
    });
    try {
      await graph.invoke(this.#run.id, { recursionLimit: RECURSION_LIMIT });
    } finally {
      await Promise.allSettled(results.values()); // nothing may be under way when the claim is given back
    }
    if (this.#fault) throw this.#fault.error;
  }

  async #result(step: Step, resultOf: ResultOf, runTask: RunTask): Promise<StepResult> {
    const before = await Promise.all(dependencies(this.#run, step).map(resultOf));
    const stored = storedResult(this.#run, step);
    if (stored) return stored;
    if (this.#noNewSteps || this.#signal.aborted || before.some(isBlocked)) return { status: 'STOPPED' };

    const inputs = dependencies(this.#run, step).map((dependency, index) => ({
      key: dependency.key,
      title: dependency.title,
      agent: dependency.agent,
      output: outputOf(before[index]),
    }));
    const decision = step.requiresApproval ? await this.#ask(step, inputs) : null;
    if (decision?.kind === 'STOPPED') return { status: 'STOPPED' };
    if (decision?.kind === 'REJECTED') return this.#rejected(step, decision.reason);
    const editedPrompt = decision?.editedPrompt ?? null;
    const result = await this.#decisions.busy(async () => runTask({ inputs, editedPrompt }));
    if (result.status === 'FAILED') this.#stopNewSteps();
    return result;
  }

  async #ask(step: Step, inputs: AgentTask['inputs']): Promise<Decision> {
    const request = await this.#decisions.busy(() =>
      this.#run.requestApproval(step, {
        title: step.title,
        agent: step.agent,
        prompt: step.prompt,
        inputs: inputs.map(({ key, title, output }) => ({
          key,
          title,
          excerpt: (output ?? '').slice(0, 500),
        })),
      }),
    );
    return request.status === 'PENDING' ? this.#decisions.wait(step.key) : decisionOf(request);
  }

  async #rejected(step: Step, reason: string): Promise<StepResult> {
    if (step.onReject === 'SKIP') {
      await this.#decisions.busy(() => this.#run.skipStep(step, reason));
      return { status: 'SKIPPED' };
    }
    const message = `${reason} Start the run again, or change the design so that a rejection skips the step.`;
    const error = { code: 'APPROVAL_REJECTED', message, stepKey: step.key } as const;
    await this.#decisions.busy(() => this.#run.failStep(step, error));
    this.#stopNewSteps();
    return { status: 'FAILED' };
  }

  /** A decision that cannot be read just now is found when nothing else is left to do. */
  async #decided(stepKey: string): Promise<void> {
    const { services, id: executionId } = this.#run;
    try {
      const request = await services.database.prisma.approvalRequest.findUnique({
        where: { executionId_stepKey: { executionId, stepKey } },
      });
      if (request && request.status !== 'PENDING') this.#decisions.settle(stepKey, decisionOf(request));
    } catch (error) {
      services.logger.warn({ err: error, executionId }, 'a decision could not be read yet');
    }
  }

  async #park(waiting: string[]): Promise<Map<string, Decision>> {
    return this.#noNewSteps || this.#signal.aborted ? new Map() : this.#run.park(waiting);
  }

  /**
   * A lost claim or a fault of ours ends the pass when the steps under way have finished. Within the graph nothing may
   * throw: LangGraph would turn its back on all that is still under way.
   */
  readonly #break = (error: unknown): StepResult => {
    this.#fault ??= { error };
    this.#stopNewSteps();
    return { status: 'STOPPED' };
  };

  #stopNewSteps(): void {
    this.#noNewSteps = true;
    this.#decisions.stop();
  }
}

function dependencies(run: ClaimedRun, step: Step): Step[] {
  return run.design.steps.filter(({ key }) => step.dependsOn.includes(key));
}

function isBlocked(result: StepResult): boolean {
  return result.status === 'FAILED' || result.status === 'STOPPED';
}

function outputOf(result: StepResult | undefined): string | null {
  return result?.status === 'SUCCEEDED' ? result.output : null;
}

function waitsForPeople(run: ClaimedRun): boolean {
  return run.execution.status === 'WAITING_FOR_APPROVAL';
}

/** Whether a parked run has anything to go on with: a notify may come for nothing. */
async function someoneDecided(run: ClaimedRun): Promise<boolean> {
  const waiting = run.design.steps.filter(({ key }) => run.step(key).status === 'WAITING_FOR_APPROVAL');
  const decided = await run.services.database.prisma.approvalRequest.count({
    where: {
      executionId: run.id,
      stepKey: { in: waiting.map(({ key }) => key) },
      status: { not: 'PENDING' },
    },
  });
  return decided > 0;
}

const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message:
    'The run was started several times without progress. Start it again; the outputs of finished steps are in `result`.',
  stepKey: null,
};
/** LangGraph counts its own supersteps; a design has at most 30 steps. */
const RECURSION_LIMIT = 200;

type ResultOf = (step: Step) => Promise<StepResult>;
/** LangGraph's type wraps the promise of an async function once more; awaiting it is all the same. */
type RunTask = (work: StepWork) => Promise<Promise<StepResult>>;
