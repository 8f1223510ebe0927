import { NotFoundError, ValidationError } from '../../errors.ts';
import { authorize } from '../../access/authorize.ts';
import type { Viewer } from '../../access/viewer.ts';
import { visible } from '../../access/visibility.ts';
import type { Context } from '../../kernel/context.ts';
import { type EventStream, openStream } from '../../kernel/events/log-stream.ts';
import { type ExecutionEvent, executionLog } from './events.ts';
import { type ExecutionSnapshot, snapshotExecution } from './snapshot.ts';

/** Events of `agentTokens`. */
export const TOKEN_EVENTS = ['AgentToken', 'AttemptDiscarded', 'ExecutionEnded'] as const;
/** Events of `pipelineProgress`. */
export const PROGRESS_EVENTS = [
  'ExecutionStatus',
  'StepStatus',
  'ApprovalRequested',
  'ApprovalDecided',
  'ExecutionEnded',
] as const;

/** Streams all events of a run. */
export async function executionEvents(
  ctx: Context,
  input: ExecutionStreamInput,
): Promise<ExecutionStream<ExecutionEvent['type']>> {
  const viewer = authorize(ctx, 'Subscription.executionEvents');
  return openStream(ctx, await executionStream(ctx, viewer, input));
}

/** Streams the tokens and discarded attempts of a run or of one of its steps. */
export async function agentTokens(
  ctx: Context,
  input: ExecutionStreamInput & { stepKey?: string | null },
): Promise<ExecutionStream<(typeof TOKEN_EVENTS)[number]>> {
  const viewer = authorize(ctx, 'Subscription.agentTokens');
  const { stepKey } = input;
  const stream = await executionStream(ctx, viewer, input);
  if (stepKey != null) await checkStep(ctx, input.executionId, stepKey);
  const where = (event: ExecutionEvent) =>
    stepKey == null || !('stepKey' in event) || event.stepKey === stepKey;
  return openStream(ctx, { ...stream, shows: TOKEN_EVENTS, where });
}

/** Streams the status changes of a run, its steps and its approvals. */
export async function pipelineProgress(
  ctx: Context,
  input: ExecutionStreamInput,
): Promise<ExecutionStream<(typeof PROGRESS_EVENTS)[number]>> {
  const viewer = authorize(ctx, 'Subscription.pipelineProgress');
  return openStream(ctx, { ...(await executionStream(ctx, viewer, input)), shows: PROGRESS_EVENTS });
}

/** Stream options that all streams of a run share. Errors: NotFoundError. */
async function executionStream(ctx: Context, viewer: Viewer, { executionId, after }: ExecutionStreamInput) {
  const { prisma } = ctx.database;
  const where = { id: executionId, ...visible('PipelineExecution', viewer) };
  if ((await prisma.pipelineExecution.count({ where })) === 0) throw new NotFoundError('The run');
  return {
    log: executionLog(executionId),
    after,
    hasEnded: async () =>
      (await prisma.pipelineExecution.count({ where: { id: executionId, finishedAt: null } })) === 0,
    snapshot: () => snapshotExecution(ctx.database, executionId),
    endsAfter: 'ExecutionEnded' as const,
  };
}

async function checkStep(ctx: Context, executionId: string, stepKey: string): Promise<void> {
  const steps = await ctx.database.prisma.stepExecution.findMany({
    where: { executionId },
    orderBy: { position: 'asc' },
    select: { key: true },
  });
  if (steps.some(({ key }) => key === stepKey)) return;
  const keys = steps.map(({ key }) => key).join(', ');
  throw new ValidationError([
    {
      code: 'UNKNOWN_VALUE',
      path: ['stepKey'],
      message: `the run has no step with this key; its steps are ${keys}`,
    },
  ]);
}

export type ExecutionStream<Type extends ExecutionEvent['type']> = EventStream<
  Extract<ExecutionEvent, { type: Type }>,
  ExecutionSnapshot
>;

export interface ExecutionStreamInput {
  executionId: string;
  after?: number | null;
}
