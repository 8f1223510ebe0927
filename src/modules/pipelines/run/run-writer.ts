import {
  type PipelineExecution,
  Prisma,
  type StepExecution,
  type StepStatus,
} from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import { recordAct, recordFindings } from '../../../kernel/audit/audit.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { type Notice, notice } from '../../../kernel/notice.ts';
import type { FencedWriter } from '../../../kernel/work/fenced-writer.ts';
import { addNotices } from '../../approvals/service.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { usageNotices } from '../../usage/usage-notices.ts';
import type { ExecutionEvent } from '../events.ts';
import { type Decision, isFinal, isFinished } from './machine.ts';
import { closeRequests, lockDecisions } from './approval-requests.ts';
import type { RunState, StepState } from './run-state.ts';

/**
 * The writes of the worker that has claimed a run. Each is one transaction under the claim's fence, in which rows,
 * costs and events change together. `state` is the committed state; it changes only after a commit.
 */
export class RunWriter {
  readonly #run: RunWriterOptions['run'];
  readonly #log: FencedWriter<ExecutionEvent>;
  readonly #clock: () => Date;
  #state: RunState;

  constructor({ run, log, clock, state }: RunWriterOptions) {
    this.#run = run;
    this.#log = log;
    this.#clock = clock;
    this.#state = state;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Changes the status from any open status to RUNNING. Discards attempts of a stopped worker. */
  async begin(): Promise<void> {
    const open = this.#state.steps.filter(({ status }) => status === 'RUNNING');
    await this.#log.write(async (tx, emit) => {
      const startedAt = this.#run.startedAt ?? this.#clock();
      await updateRun(tx, this.#run.id, { status: 'RUNNING', startedAt, stalledClaims: { increment: 1 } });
      for (const { key, attempts } of open) {
        const where = rowOf(this.#run.id, key);
        await tx.prisma.stepExecution.update({ where, data: { status: 'PENDING' } });
        const reason = 'The worker stopped. The step is restarted.';
        emit({ type: 'AttemptDiscarded', stepKey: key, attempt: attempts, reason });
      }
      emit({ type: 'ExecutionStatus', status: 'RUNNING', progress: this.#state.progress });
    });
    for (const step of open) this.#state = this.#state.withStep({ ...step, status: 'PENDING' });
  }

  /** Starts the next attempt of a step and returns its number. */
  async startAttempt(key: string, { provider, model }: StepRoute): Promise<number> {
    const step = this.#state.step(key);
    const [attempts, startedAt] = [step.attempts + 1, step.startedAt ?? this.#clock()];
    await this.changeStep(key, { status: 'RUNNING', attempts, startedAt, provider, model });
    return attempts;
  }

  async finishStep(key: string, result: StepResult, notices: Notice[], call: SettledCall): Promise<void> {
    const also = async (tx: Tx) => {
      await updateRun(tx, this.#run.id, { stalledClaims: 0 });
      await recordNotices(tx, this.#run, notices);
    };
    await this.changeStep(key, { status: 'SUCCEEDED', ...result }, { call, also });
  }

  async skipStep(key: string, reason: string): Promise<void> {
    await this.changeStep(key, { status: 'SKIPPED' }, { reason });
  }

  /**
   * Fails a step. Stores the first failure as that of the run, so that a later worker ends the run with it, and closes
   * open approval requests: running steps may finish for long, and nobody's decision counts any more.
   */
  async failStep(key: string, failure: ExecutionErrorData): Promise<void> {
    const also: Also = async (tx, emit) => {
      await closeRequests(tx, emit, this.#run); // first: as in `end`
      const where = { id: this.#run.id, error: { equals: Prisma.DbNull } };
      await tx.prisma.pipelineExecution.updateMany({ where, data: { error: { ...failure } } });
    };
    const change = { status: 'FAILED', finishedAt: this.#clock() } as const;
    await this.changeStep(key, change, { reason: failure.message, also });
    this.#state = this.#state.withFailure(failure);
  }

  /** Discards the text of an attempt. False when the step had finished and only the confirmation was lost. */
  async discardAttempt(key: string, attempt: number, reason: string, call: SettledCall | null) {
    const { costMicros } = this.#state.step(key);
    const row = await this.#log.write(async (tx, emit) => {
      const cost = call ? (await call.settle(tx)).costMicros : 0n;
      const where = { executionId: this.#run.id, key, status: 'RUNNING' as const };
      const { count } = await tx.prisma.stepExecution.updateMany({ where, data: { status: 'PENDING' } });
      if (count > 0) emit({ type: 'AttemptDiscarded', stepKey: key, attempt, reason });
      const row = await tx.prisma.stepExecution.findUniqueOrThrow({ where: rowOf(this.#run.id, key) });
      return { ...row, costMicros: costMicros + cost };
    });
    this.#state = this.#state.withStep(row);
    return row.status === 'PENDING';
  }

  /**
   * Changes the status from RUNNING to WAITING_FOR_APPROVAL. If requests of `waiting` have been decided in the meantime,
   * returns those decisions and changes nothing. Row locks serialize this with new decisions.
   */
  async park(waiting: string[]): Promise<Map<string, Decision>> {
    return this.#log.write(async (tx, emit) => {
      const decided = await lockDecisions(tx, waiting);
      if (decided.size > 0) return decided;
      await updateRun(tx, this.#run.id, { status: 'WAITING_FOR_APPROVAL', stalledClaims: 0 });
      emit({ type: 'ExecutionStatus', status: 'WAITING_FOR_APPROVAL', progress: this.#state.progress });
      return decided;
    });
  }

  /** Leaves the run to another worker. A claim that ends with a handover does not count as stalled. */
  async handOver(): Promise<void> {
    await this.#log.write((tx) => updateRun(tx, this.#run.id, { stalledClaims: 0 }));
  }

  /** Ends the run: closes open approval requests and appends its last event. */
  async end(status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED', error: ExecutionErrorData | null): Promise<void> {
    const finishedAt = this.#clock();
    const { report, progress, steps } = this.#state;
    const notices = status === 'SUCCEEDED' ? skippedReportNotices(this.#state) : [];
    await this.#log.write(async (tx, emit) => {
      await closeRequests(tx, emit, this.#run); // first: a decision locks its request, then the run
      await addNotices(tx, this.#run.id, notices);
      for (const step of steps.filter((step) => !isFinal(step))) {
        const data = { status: 'CANCELLED', output: null, finishedAt } as const;
        await tx.prisma.stepExecution.update({ where: rowOf(this.#run.id, step.key), data });
        if (step.output !== null) emit(discarded(step, 'The run has ended.'));
        emit(stepStatus(this.#run.id, { ...step, ...data }, this.#state));
      }
      await updateRun(tx, this.#run.id, {
        status,
        error: error ? { ...error } : Prisma.DbNull,
        report: status === 'SUCCEEDED' ? report : null,
        finishedAt,
      });
      emit({ type: 'ExecutionStatus', status, progress });
      emit({ type: 'ExecutionEnded', executionId: this.#run.id });
    });
  }

  /**
   * Updates a step, settles its call, and performs the other writes of the same transaction. An output that awaits
   * approval is discarded, unless the change keeps it.
   */
  async changeStep(key: string, change: StepChange, { call, reason, first, also }: StepWrite = {}) {
    const before = this.#state.step(key);
    const after = await this.#log.write(async (tx, emit) => {
      const settlement = await call?.settle(tx);
      const cost = settlement?.costMicros ?? 0n;
      const finish = isFinished(change) ? await finishNext(tx, this.#run.id, this.#clock()) : {};
      const data = { output: null, ...change, ...finish };
      await tx.prisma.stepExecution.update({ where: rowOf(this.#run.id, key), data });
      if (before.output !== null && before.output !== data.output) emit(discarded(before, reason));
      first?.(emit);
      const step = { ...before, ...data, costMicros: before.costMicros + cost };
      emit(stepStatus(this.#run.id, step, this.#state, reason));
      await also?.(tx, emit);
      const about = { what: `The output of step ${key}`, stepKey: key };
      if (settlement) await recordNotices(tx, this.#run, usageNotices(settlement, about));
      return step;
    });
    this.#state = this.#state.withStep(after);
  }
}

export async function updateRun(
  tx: Tx,
  id: string,
  data: Prisma.PipelineExecutionUpdateInput,
): Promise<void> {
  await tx.prisma.pipelineExecution.update({ where: { id }, data });
}

/** Adds to the notices of the run, and records those that resemble an attempt to steer the model. */
export async function recordNotices(
  tx: Tx,
  { id, tenantId }: Pick<PipelineExecution, 'id' | 'tenantId'>,
  notices: readonly Notice[],
): Promise<void> {
  await addNotices(tx, id, notices);
  await recordFindings((action, act) => recordAct(tx, action, { tenantId, actorId: null, ...act }), notices, {
    type: 'PipelineExecution',
    id,
  });
}

function discarded({ key, attempts }: StepState, reason = 'The approver has changed it.'): ExecutionEvent {
  return { type: 'AttemptDiscarded', stepKey: key, attempt: attempts, reason };
}

/** A reader of the report must know that it is not what the design promised. */
function skippedReportNotices({ lastStep, report }: RunState): Notice[] {
  if (lastStep.status !== 'SKIPPED') return [];
  const instead = report === null ? 'There is no report' : 'The report holds what the steps before it wrote';
  const message = `The last step, ${lastStep.key}, was rejected and skipped. ${instead}.`;
  return [notice('STEP_SKIPPED', message, { stepKey: lastStep.key })];
}

function rowOf(executionId: string, key: string) {
  return { executionId_key: { executionId, key } };
}

/** The rank of a step among the finished ones, in commit order, because the run stays locked until the commit. */
async function finishNext(tx: Tx, executionId: string, finishedAt: Date) {
  await tx.sql('SELECT id FROM pipeline_executions WHERE id = $1 FOR UPDATE', [executionId]);
  const where = { executionId, finishedOrder: { not: null } };
  return { finishedOrder: (await tx.prisma.stepExecution.count({ where })) + 1, finishedAt };
}

function stepStatus(
  executionId: string,
  step: StepState,
  { steps }: RunState,
  reason: string | null = null,
): ExecutionEvent {
  const { key, status, attempts, finishedOrder, costMicros } = step;
  const finished = finishedOrder ?? steps.filter(isFinished).length;
  return {
    type: 'StepStatus',
    executionId,
    stepKey: key,
    status,
    attempt: attempts,
    progress: finished / steps.length,
    costMicros: String(costMicros),
    reason,
  };
}

export interface RunWriterOptions {
  run: Readonly<Pick<PipelineExecution, 'id' | 'tenantId' | 'startedAt'>>;
  log: FencedWriter<ExecutionEvent>;
  clock: () => Date;
  state: RunState;
}

type StepRoute = Pick<StepExecution, 'provider' | 'model'>;
export type StepResult = Pick<StepExecution, 'output' | 'knownInputTokens' | 'textTokens'>;

interface StepChange extends Partial<StepRoute & StepResult> {
  status: StepStatus;
  attempts?: number;
  startedAt?: Date;
  finishedAt?: Date;
}

interface StepWrite {
  call?: SettledCall;
  reason?: string;
  /** Emits events that precede the change of the status. */
  first?: (emit: (event: ExecutionEvent) => void) => void;
  /** Other writes of the same transaction. */
  also?: Also;
}

export type Also = (tx: Tx, emit: (event: ExecutionEvent) => void) => Promise<void>;
export type SettledCall = Pick<MeteredCall, 'settle'>;
