import { NotFoundError, ValidationError } from '../../errors.ts';
import { authorize } from '../../access/authorize.ts';
import type { Context } from '../../kernel/context.ts';
import { type ExecutionEvent, executionLog } from './events.ts';
import { type LogEvent, openStream } from '../../kernel/events/log-stream.ts';
import { readableBy } from './policy.ts';
import { type ExecutionSnapshot, snapshotExecution } from './snapshot.ts';

/** The tokens of a run, or of one of its steps, with the attempts that were dropped. */
export async function agentTokens(ctx: Context, input: AgentTokensInput): Promise<ExecutionStream> {
  const { stepKey } = input;
  return executionStream(ctx, 'agentTokens', input, (event) => {
    if (event.type === 'ExecutionEnded') return true;
    const isText = event.type === 'AgentToken' || event.type === 'AttemptDiscarded';
    return isText && (stepKey == null || event.stepKey === stepKey);
  });
}

/** The status of a run, its steps and its approvals. */
export async function pipelineProgress(ctx: Context, input: ExecutionStreamInput): Promise<ExecutionStream> {
  return executionStream(
    ctx,
    'pipelineProgress',
    input,
    (event) => event.type !== 'AgentToken' && event.type !== 'AttemptDiscarded',
  );
}

async function executionStream(
  ctx: Context,
  operation: 'agentTokens' | 'pipelineProgress',
  { executionId, after, stepKey }: AgentTokensInput,
  includes: (event: ExecutionEvent) => boolean,
): Promise<ExecutionStream> {
  const viewer = authorize(ctx, `Subscription.${operation}`);
  const { prisma } = ctx.database;
  const execution = await prisma.pipelineExecution.findFirst({
    where: { id: executionId, ...readableBy(viewer) },
    include: { steps: { select: { key: true } } },
  });
  if (!execution) throw new NotFoundError('The run');
  if (stepKey != null && !execution.steps.some((step) => step.key === stepKey)) {
    const keys = execution.steps.map((step) => step.key).join(', ');
    throw new ValidationError([
      { path: ['stepKey'], message: `there is no such step in this run; it has ${keys}` },
    ]);
  }
  return openStream<ExecutionEvent, ExecutionSnapshot>(ctx, {
    log: executionLog(executionId),
    after,
    hasEnded: async () =>
      (await prisma.pipelineExecution.count({ where: { id: executionId, finishedAt: null } })) === 0,
    snapshot: () => snapshotExecution(ctx.database, executionId),
    includes,
    isEnd: (event) => event.type === 'ExecutionEnded',
  });
}

export type ExecutionStream = AsyncGenerator<LogEvent<ExecutionEvent> | ExecutionSnapshot, void, undefined>;

export interface ExecutionStreamInput {
  executionId: string;
  after?: number | null;
}

export interface AgentTokensInput extends ExecutionStreamInput {
  stepKey?: string | null;
}
