import type { Claim } from '../../../core/claims/claim-keeper.ts';
import { UnstorableError } from '../../../errors.ts';
import type { Services } from '../../../kernel/context.ts';
import { type Signal, signalsLog } from '../../../kernel/events/signals.ts';
import { describeFailure, type ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { withSignals } from '../../../kernel/work/claimed-work.ts';
import { handOverAfterOutage, isStalled } from '../../../kernel/work/retry-policy.ts';
import type { Step, StepApproval } from '../../designs/design.ts';
import { type Decision, decisionOf, type Rejection } from '../machine.ts';
import { findRequest, isAnyDecided } from './approval-requests.ts';
import { ApprovalWaiters } from './approval-waiters.ts';
import { type ClaimedRun, loadClaimedRun } from './claimed-run.ts';
import { type AsTask, runGraph } from './graph.ts';
import { executeStep } from './step.ts';

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
    else await this.#decided(signal.stepKey);
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
    if (this.#noNewSteps || this.#signal.aborted || !writer.state.canStart(step)) return;
    const decision = step.approval ? await this.#decide(step, step.approval) : APPROVED;
    if (decision.kind === 'STOPPED') return;
    if (decision.kind === 'REJECTED') return this.#reject(step, decision);
    const work = { run: this.#run, step, editedPrompt: decision.editedPrompt, signal: this.#signal };
    await this.#waiters.busy(() => asTask(() => executeStep(this.#services, work)));
    if (writer.state.step(step.key).status === 'FAILED') this.#stopNewSteps();
  }

  async #decide(step: Step, approval: StepApproval): Promise<Decision> {
    const { execution, writer } = this.#run;
    const { prisma } = this.#services.database;
    const request = await this.#waiters.busy(
      async () =>
        (await findRequest(prisma, execution.id, step.key)) ?? (await writer.requestApproval(step, approval)),
    );
    return request.status === 'PENDING' ? this.#waiters.wait(step.key) : decisionOf(request);
  }

  async #reject(step: Step, { code, reason }: Rejection): Promise<void> {
    const { writer } = this.#run;
    if (step.approval?.onReject === 'SKIP')
      return this.#waiters.busy(() => writer.skipStep(step.key, reason));
    const message = `${reason} Start the run again, or change the design so that a rejection skips the step.`;
    const failure = { code, message, stepKey: step.key };
    await this.#waiters.busy(() => writer.failStep(step.key, failure));
    this.#stopNewSteps();
  }

  /** If the decision cannot be read, `park` finds it when no other work is left. */
  async #decided(stepKey: string): Promise<void> {
    const { database, logger } = this.#services;
    const { id: executionId } = this.#run.execution;
    try {
      const request = await findRequest(database.prisma, executionId, stepKey);
      if (request && request.status !== 'PENDING') this.#waiters.resolve(stepKey, decisionOf(request));
    } catch (error) {
      logger.warn({ err: error, executionId }, 'approval decision read failed; will retry');
    }
  }

  async #park(waiting: string[]): Promise<Map<string, Decision>> {
    return this.#noNewSteps || this.#signal.aborted ? new Map() : this.#run.writer.park(waiting);
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

const APPROVED: Decision = { kind: 'APPROVED', editedPrompt: null };
const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message:
    'The run was started several times without progress. Start it again; the outputs of its finished steps stay readable.',
  stepKey: null,
};
