import type { Claim } from '../../../core/claims/claim-keeper.ts';
import {
  type ApprovalRequest,
  type PipelineExecution,
  Prisma,
  type StepExecution,
  type StepStatus,
} from '../../../generated/prisma/client.ts';
import type { Plan } from '../../../generated/prisma/enums.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import { type Design, designSchema, type Step } from '../../designs/design.ts';
import { approvalsLog } from '../../approvals/events.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { costsByStep } from '../../usage/ledger.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { type ExecutionEvent, executionLog } from '../events.ts';
import { type Decision, decisionOf, isFinished } from '../machine.ts';

/**
 * A run in the hands of the worker that claimed it: its rows as this worker knows them, and its writes.
 *
 * Every write is one transaction under the claim's fence, so a worker that lost the claim changes nothing. The rows
 * here are changed only after their transaction has been committed.
 */
export class ClaimedRun {
  readonly services: Services;
  readonly execution: PipelineExecution;
  readonly design: Design;
  readonly claim: Claim;
  /** Plan of the owner, for the limits of what the run may spend. */
  readonly plan: Plan;
  readonly #steps: Map<string, StepExecution>;
  readonly #costs: Map<string, bigint>;

  /** The open run, or null when it has ended or is gone. */
  static async load(services: Services, executionId: string, claim: Claim): Promise<ClaimedRun | null> {
    const { prisma, sql } = services.database;
    const row = await prisma.pipelineExecution.findUnique({
      where: { id: executionId },
      include: { steps: true },
    });
    if (!row || row.finishedAt) return null;
    const { steps, ...execution } = row;
    const owner = await prisma.user.findUniqueOrThrow({ where: { id: row.ownerId }, select: { plan: true } });
    const begun = steps.some((step) => step.attempts > 0);
    const costs = begun ? await costsByStep(sql, executionId) : new Map<string, bigint>();
    return new ClaimedRun(services, claim, execution, steps, owner.plan, costs);
  }

  private constructor(
    services: Services,
    claim: Claim,
    execution: PipelineExecution,
    steps: StepExecution[],
    plan: Plan,
    costs: Map<string, bigint>,
  ) {
    this.services = services;
    this.claim = claim;
    this.execution = execution;
    this.design = designSchema.parse(execution.design);
    this.plan = plan;
    this.#steps = new Map(steps.map((step) => [step.key, step]));
    this.#costs = costs;
  }

  get id(): string {
    return this.execution.id;
  }

  /** Why the run is going to fail, as soon as the steps under way have finished; null while none has failed. */
  get failure(): ExecutionErrorData | null {
    return this.execution.error as ExecutionErrorData | null;
  }

  get isComplete(): boolean {
    return this.#finished() === this.#steps.size;
  }

  step(key: string): StepExecution {
    const step = this.#steps.get(key);
    if (!step) throw new Error(`step ${key} is not in run ${this.id}`);
    return step;
  }

  /** QUEUED or WAITING becomes RUNNING; attempts that a killed worker left open are discarded. */
  async begin(): Promise<void> {
    const abandoned = [...this.#steps.values()].filter((step) => step.status === 'RUNNING');
    await this.#write(async (tx) => {
      await tx.prisma.pipelineExecution.update({
        where: { id: this.id },
        data: {
          status: 'RUNNING',
          startedAt: this.execution.startedAt ?? this.services.clock(),
          stalledClaims: { increment: 1 },
        },
      });
      for (const { key, attempts } of abandoned) {
        const reason = 'The worker stopped; the step starts again.';
        await tx.prisma.stepExecution.update({ where: this.#where(key), data: { status: 'PENDING' } });
        this.emit(tx, { type: 'AttemptDiscarded', stepKey: key, attempt: attempts, reason });
      }
      this.emit(tx, { type: 'ExecutionStatus', status: 'RUNNING', progress: this.progress() });
    });
    this.execution.status = 'RUNNING';
    for (const step of abandoned) step.status = 'PENDING';
  }

  async startAttempt(
    step: Step,
    route: { provider: StepExecution['provider']; model: string },
  ): Promise<number> {
    const attempt = this.step(step.key).attempts + 1;
    await this.#changeStep(step.key, {
      status: 'RUNNING',
      attempts: attempt,
      provider: route.provider,
      model: route.model,
      startedAt: this.step(step.key).startedAt ?? this.services.clock(),
    });
    return attempt;
  }

  /** Stores the output, settles the call, flags the run and tells it, all or nothing. */
  async finishStep(step: Step, output: string, call: MeteredCall, notices: string[]): Promise<void> {
    await this.#changeStep(
      step.key,
      { status: 'SUCCEEDED', output },
      {
        call,
        also: async (tx) => {
          const data = { stalledClaims: 0, notices: { push: notices } };
          await tx.prisma.pipelineExecution.update({ where: { id: this.id }, data });
        },
      },
    );
  }

  async skipStep(step: Step, reason: string): Promise<void> {
    await this.#changeStep(step.key, { status: 'SKIPPED' }, { message: reason });
  }

  /** The first failure is the run's, which is stored at once: whoever takes the run over ends it with that. */
  async failStep(step: Step, error: ExecutionErrorData): Promise<void> {
    const change: StepChange = { status: 'FAILED', finishedAt: this.services.clock() };
    await this.#changeStep(step.key, change, {
      message: error.message,
      also: async (tx) => {
        const where = { id: this.id, error: { equals: Prisma.DbNull } };
        await tx.prisma.pipelineExecution.updateMany({ where, data: { error: { ...error } } });
      },
    });
    this.execution.error ??= { ...error };
  }

  /** Drops an attempt's text. What it cost is charged whatever happens: the provider has billed it. */
  async discardAttempt(step: Step, attempt: number, reason: string, call: MeteredCall | null): Promise<void> {
    let costMicros = this.#costOf(step.key);
    try {
      await this.#write(async (tx) => {
        if (call) costMicros = this.#costOf(step.key) + (await call.settle(tx)).costMicros;
        const where = { executionId: this.id, key: step.key, status: 'RUNNING' as const };
        const { count } = await tx.prisma.stepExecution.updateMany({ where, data: { status: 'PENDING' } });
        if (count === 0) return; // it has finished: the answer to that was lost with the connection
        this.emit(tx, { type: 'AttemptDiscarded', stepKey: step.key, attempt, reason });
      });
    } catch (error) {
      await call?.charge();
      throw error;
    }
    const row = await this.services.database.prisma.stepExecution.findUnique({
      where: this.#where(step.key),
    });
    Object.assign(this.step(step.key), row);
    this.#costs.set(step.key, costMicros);
  }

  /** The request about a step, made when it is not there yet. */
  async requestApproval(step: Step, payload: ApprovalPayload): Promise<ApprovalRequest> {
    const { prisma } = this.services.database;
    const existing = await prisma.approvalRequest.findUnique({
      where: { executionId_stepKey: { executionId: this.id, stepKey: step.key } },
    });
    if (existing) return existing;
    const now = this.services.clock();
    const timeoutMs = step.approvalTimeoutSeconds === null ? null : step.approvalTimeoutSeconds * 1000;
    let request: ApprovalRequest | undefined;
    await this.#changeStep(
      step.key,
      { status: 'WAITING_FOR_APPROVAL' },
      {
        also: async (tx) => {
          request = await tx.prisma.approvalRequest.create({
            data: {
              tenantId: this.execution.tenantId,
              executionId: this.id,
              stepKey: step.key,
              question: step.approvalQuestion ?? `Shall the step "${step.title}" run?`,
              payload: { ...payload },
              requestedAt: now,
              expiresAt: timeoutMs === null ? null : new Date(now.getTime() + timeoutMs),
            },
          });
          const event = { type: 'ApprovalRequested' as const, approvalId: request.id };
          this.emit(tx, event);
          tx.append(approvalsLog(this.execution.tenantId), event);
        },
      },
    );
    return request!;
  }

  /**
   * RUNNING becomes WAITING_FOR_APPROVAL, unless one of the waiting steps has been decided in the meantime:
   * then those decisions are given and nothing changes. The rows' locks order this with a decision.
   */
  async park(waiting: string[]): Promise<Map<string, Decision>> {
    let decided = new Map<string, Decision>();
    await this.#write(async (tx) => {
      await tx.sql('SELECT id FROM approval_requests WHERE execution_id = $1 ORDER BY id FOR UPDATE', [
        this.id,
      ]);
      const requests = await tx.prisma.approvalRequest.findMany({
        where: { executionId: this.id, stepKey: { in: waiting }, status: { not: 'PENDING' } },
      });
      decided = new Map(requests.map((request) => [request.stepKey, decisionOf(request)]));
      if (decided.size > 0) return;
      await tx.prisma.pipelineExecution.update({
        where: { id: this.id },
        data: { status: 'WAITING_FOR_APPROVAL', stalledClaims: 0 },
      });
      this.emit(tx, { type: 'ExecutionStatus', status: 'WAITING_FOR_APPROVAL', progress: this.progress() });
    });
    return decided;
  }

  /** Leaves the run to another worker. A claim that ends like this has not stalled. */
  async handOver(): Promise<void> {
    await this.#write(async (tx) => {
      await tx.prisma.pipelineExecution.update({ where: { id: this.id }, data: { stalledClaims: 0 } });
    });
  }

  /** Ends the run, once and for all: open requests are closed, and nothing is appended afterwards. */
  async end(status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED', error: ExecutionErrorData | null): Promise<void> {
    const now = this.services.clock();
    const sink = this.design.steps.find(
      ({ key }) => !this.design.steps.some((step) => step.dependsOn.includes(key)),
    );
    const outputs = [...this.#steps.values()].filter((step) => step.output !== null);
    await this.#write(async (tx) => {
      await this.#closeRequests(tx, now);
      for (const step of this.#steps.values()) {
        if (isFinished(step) || step.status === 'FAILED') continue;
        await tx.prisma.stepExecution.update({
          where: this.#where(step.key),
          data: { status: 'CANCELLED', finishedAt: now },
        });
        this.#emitStep(tx, step.key, { ...step, status: 'CANCELLED' }, this.#costOf(step.key), null);
      }
      await tx.prisma.pipelineExecution.update({
        where: { id: this.id },
        data: {
          status,
          error: error ? { ...error } : Prisma.DbNull,
          report: status === 'SUCCEEDED' && sink ? this.step(sink.key).output : null,
          result: { outputs: Object.fromEntries(outputs.map((step) => [step.key, step.output])) },
          finishedAt: now,
        },
      });
      this.emit(tx, { type: 'ExecutionStatus', status, progress: this.progress() });
      this.emit(tx, { type: 'ExecutionEnded', executionId: this.id });
    });
  }

  /** Appends an event to the run's log, in the transaction and under the fence. */
  emit(tx: Tx, event: ExecutionEvent): void {
    tx.append(executionLog(this.id), event, this.claim.fence);
  }

  progress(): number {
    return this.#finished() / this.#steps.size;
  }

  #finished(): number {
    return [...this.#steps.values()].filter(isFinished).length;
  }

  async #changeStep(key: string, change: StepChange, { call = null, message = null, also }: StepWrite = {}) {
    let costMicros = this.#costOf(key);
    let stored = change;
    await this.#write(async (tx) => {
      if (call) costMicros = this.#costOf(key) + (await call.settle(tx)).costMicros;
      stored = isFinished(change) ? await this.#withPlace(tx, change) : change;
      await tx.prisma.stepExecution.update({ where: this.#where(key), data: stored });
      this.#emitStep(tx, key, { ...this.step(key), ...stored }, costMicros, message);
      await also?.(tx);
    });
    Object.assign(this.step(key), stored);
    this.#costs.set(key, costMicros);
  }

  /** A finished step's place among those of the run, in the order of their commits: the run's lock is held till then. */
  async #withPlace(tx: Tx, change: StepChange): Promise<StepChange> {
    await tx.sql('SELECT id FROM pipeline_executions WHERE id = $1 FOR UPDATE', [this.id]);
    const before = await tx.prisma.stepExecution.count({
      where: { executionId: this.id, finishedOrder: { not: null } },
    });
    return { ...change, finishedOrder: before + 1, finishedAt: this.services.clock() };
  }

  async #closeRequests(tx: Tx, now: Date): Promise<void> {
    const closed = await tx.prisma.approvalRequest.updateManyAndReturn({
      where: { executionId: this.id, status: 'PENDING' },
      data: { status: 'CANCELLED', decidedAt: now },
      select: { id: true },
    });
    for (const { id } of closed) {
      const event = { type: 'ApprovalDecided' as const, approvalId: id };
      this.emit(tx, event);
      tx.append(approvalsLog(this.execution.tenantId), event);
    }
  }

  #costOf(key: string): bigint {
    return this.#costs.get(key) ?? 0n;
  }

  #emitStep(
    tx: Tx,
    key: string,
    step: Pick<StepExecution, 'status' | 'attempts' | 'finishedOrder'>,
    costMicros: bigint,
    message: string | null,
  ): void {
    this.emit(tx, {
      type: 'StepStatus',
      stepKey: key,
      status: step.status,
      attempt: step.attempts,
      progress: (step.finishedOrder ?? this.#finished()) / this.#steps.size,
      costMicros: String(costMicros),
      message,
    });
  }

  #where(key: string) {
    return { executionId_key: { executionId: this.id, key } };
  }

  #write(work: (tx: Tx) => Promise<void>): Promise<void> {
    return this.services.database.transact((tx) => {
      tx.guard(executionLog(this.id), this.claim.fence);
      return work(tx);
    });
  }
}

/** What the person sees beside the question. */
export interface ApprovalPayload {
  title: string;
  agent: string;
  prompt: string | null;
  inputs: { key: string; title: string; excerpt: string }[];
}

interface StepChange {
  status: StepStatus;
  attempts?: number;
  provider?: StepExecution['provider'];
  model?: string;
  output?: string;
  finishedOrder?: number;
  startedAt?: Date;
  finishedAt?: Date;
}

interface StepWrite {
  call?: MeteredCall | null;
  message?: string | null;
  /** More of the same transaction. */
  also?: (tx: Tx) => Promise<void>;
}
