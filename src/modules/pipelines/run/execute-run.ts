import type { Claim } from '../../../core/claims/claim-keeper.ts';
import { UnstorableError } from '../../../errors.ts';
import type { Services } from '../../../kernel/context.ts';
import { type Signal, signalsLog } from '../../../kernel/events/signals.ts';
import { describeFailure, type ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { withSignals } from '../../../kernel/work/claimed-work.ts';
import { handOverAfterOutage, isStalled } from '../../../kernel/work/retry-policy.ts';
import type { Step } from '../../designs/design.ts';
import { type Decision, decisionOf } from './machine.ts';
import { isAnyDecided } from './approval-requests.ts';
import { ApprovalWaiters } from './approval-waiters.ts';
import { type ClaimedRun, loadClaimedRun } from './claimed-run.ts';
import { type AsTask, runGraph } from './graph.ts';
import { runStep } from './run-step.ts';

/**
 * Executes a claimed run (its states: `machine.ts`).
 *
 * Each claim runs the graph from the start and skips finished steps, so that no finished step runs twice. The run stops
 * without ending when the worker loses its claim or hands over (`handover` aborts). It ends when a user cancels it,
 * when a step fails (running steps finish, no new step starts), or when all steps have finished.
 */
export async function workOnRun(
  services: Services,
  executionId: string,
  claim: Claim,
  handover: AbortSignal,
): Promise<void> {
  await withSignals(services, signalsLog(executionId), async (listen) => {
    const run = await loadClaimedRun(services, executionId, claim);
    if (!run) return;
    const work = new RunExecution(services, run, handover);
    listen((signal) => work.handle(signal));
    await work.execute();
  });
}

/** The execution of a run under one claim, until the run ends, is parked, or stops. */
class RunExecution {
  readonly #services: Services;
  readonly #run: ClaimedRun;
  readonly #handover: AbortSignal;
  readonly #cancel = new AbortController();
  readonly #signal: AbortSignal;
  readonly #waiters: ApprovalWaiters;
  #noNewSteps: boolean;

  constructor(services: Services, run: ClaimedRun, handover: AbortSignal) {
    this.#services = services;
    this.#run = run;
    this.#handover = handover;
    this.#noNewSteps = run.writer.state.failure !== null;
    this.#signal = AbortSignal.any([handover, this.#cancel.signal]);
    this.#waiters = new ApprovalWaiters((waiting) => this.#park(waiting));
    this.#signal.addEventListener('abort', () => this.#waiters.stop(), { once: true });
  }

  async handle(signal: Signal): Promise<void> {
    if (signal.type === 'cancel') this.#cancel.abort();
    else await this.#decided(signal.approvalId);
  }

  async execute(): Promise<void> {
    const { execution, writer } = this.#run;
    if (execution.cancelRequestedAt) return writer.end('CANCELLED', null);
    if (isStalled(execution)) return writer.end('FAILED', STALLED);
    if (execution.status === 'WAITING_FOR_APPROVAL' && !(await this.#isAnyDecided())) return;
    await writer.begin();
    const steps = () =>
      runGraph(
        writer.state.design.steps,
        (step, asTask) => this.#runStep(step, asTask),
        () => this.#stopNewSteps(),
      );
    try {
      await handOverAfterOutage(steps, () => writer.handOver());
    } catch (error) {
      if (!(error instanceof UnstorableError)) throw error;
      return this.#endUnstorable(error);
    }
    const { failure, isComplete } = writer.state;
    // In all other cases the run waits for people or for another worker.
    if (this.#cancel.signal.aborted) await writer.end('CANCELLED', null);
    else if (failure) await writer.end('FAILED', failure);
    else if (isComplete) await writer.end('SUCCEEDED', null);
    else if (this.#handover.aborted) await writer.handOver();
  }

  /** Another claim would meet the same error. */
  async #endUnstorable(error: UnstorableError): Promise<void> {
    const { execution, writer } = this.#run;
    this.#services.logger.error({ err: error, executionId: execution.id }, 'run cannot be stored');
    await writer.end('FAILED', writer.state.failure ?? describeFailure(error, null, 1));
  }

  async #runStep(step: Step, asTask: AsTask): Promise<void> {
    const { writer } = this.#run;
    if (!this.#mayStart() || !writer.state.canStart(step)) return;
    const work = {
      services: this.#services,
      run: this.#run,
      waiters: this.#waiters,
      signal: this.#signal,
      asTask,
      mayStart: () => this.#mayStart(),
    };
    await runStep(work, step);
    if (writer.state.step(step.key).status === 'FAILED') this.#stopNewSteps();
  }

  #mayStart(): boolean {
    return !this.#noNewSteps && !this.#signal.aborted;
  }

  /** If the decision cannot be read, `park` finds it when no other work is left. */
  async #decided(id: string): Promise<void> {
    const { database, logger } = this.#services;
    const { id: executionId } = this.#run.execution;
    try {
      const request = await database.prisma.approvalRequest.findUnique({ where: { id, executionId } });
      if (request && request.status !== 'PENDING') this.#waiters.resolve(id, decisionOf(request));
    } catch (error) {
      logger.warn({ err: error, executionId }, 'approval decision read failed; will retry');
    }
  }

  async #park(waiting: string[]): Promise<Map<string, Decision>> {
    return this.#mayStart() ? this.#run.writer.park(waiting) : new Map();
  }

  #isAnyDecided(): Promise<boolean> {
    const { execution, writer } = this.#run;
    const waiting = writer.state.steps.filter(({ status }) => status === 'WAITING_FOR_APPROVAL');
    const keys = waiting.map(({ key }) => key);
    return isAnyDecided(this.#services.database.prisma, execution.id, keys);
  }

  #stopNewSteps(): void {
    this.#noNewSteps = true;
    this.#waiters.stop();
  }
}

const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message:
    'The run was started several times without progress. Start it again; the outputs of its finished steps stay readable.',
  stepKey: null,
};
