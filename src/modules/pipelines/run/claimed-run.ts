import type { Claim } from '../../../core/claims/claim-keeper.ts';
import type { PipelineExecution } from '../../../generated/prisma/client.ts';
import type { Plan } from '../../../generated/prisma/enums.ts';
import type { Services } from '../../../kernel/context.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { FencedWriter } from '../../../kernel/work/fenced-writer.ts';
import { designSchema } from '../../designs/design.ts';
import { costsByStep } from '../../usage/ledger.ts';
import { bookAbandonedCalls } from '../../usage/open-calls.ts';
import { type ExecutionEvent, executionLog } from '../events.ts';
import { RunState } from './run-state.ts';
import { RunWriter } from './run-writer.ts';

/** Loads a claimed run. Null when it has ended or was deleted. */
export async function loadClaimedRun(
  services: Pick<Services, 'database' | 'writer' | 'clock' | 'eventLog' | 'spending' | 'logger'>,
  executionId: string,
  claim: Claim,
): Promise<ClaimedRun | null> {
  const { prisma, sql } = services.database;
  const found = await prisma.pipelineExecution.findUnique({
    where: { id: executionId },
    include: { steps: true },
  });
  if (!found || found.finishedAt) return null;
  const { steps, ...execution } = found;
  const owner = await prisma.user.findUniqueOrThrow({
    where: { id: execution.ownerId },
    select: { plan: true },
  });
  const isNew = steps.every((step) => step.attempts === 0);
  if (!isNew) await bookAbandonedSteps(services, executionId);
  const costs = isNew ? new Map<string, bigint>() : await costsByStep(sql, executionId);
  const state = new RunState(
    designSchema.parse(execution.design),
    steps.map((step) => ({ ...step, costMicros: costs.get(step.key) ?? 0n })),
    execution.error as ExecutionErrorData | null,
  );
  const log = new FencedWriter(services, executionLog(executionId), claim.fence);
  const writer = new RunWriter({ run: execution, log, clock: services.clock, state });
  return { execution, plan: owner.plan, log, writer };
}

/** The calls of earlier workers of the run, with what they have written into its log. */
function bookAbandonedSteps(
  services: Pick<Services, 'database' | 'eventLog' | 'spending' | 'logger'>,
  executionId: string,
): Promise<void> {
  return bookAbandonedCalls(services, { executionId }, async ({ stepKey, attempt }) => {
    if (!stepKey || attempt === null) return '';
    const part = { type: 'AgentToken' as const, stepKey, attempt };
    const [text = ''] = await services.eventLog.texts(executionLog(executionId), [part]);
    return text;
  });
}

export interface ClaimedRun {
  /** The row as of the claim. `writer.state` has the current state. */
  readonly execution: Readonly<PipelineExecution>;
  /** The owner's plan, which has the spending limits. */
  readonly plan: Plan;
  readonly log: FencedWriter<ExecutionEvent>;
  readonly writer: RunWriter;
}
