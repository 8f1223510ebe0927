import { z } from 'zod';
import { estimateTokens } from '../../core/llm/tokens.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { PipelineExecution } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { authorize } from '../../access/authorize.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { lockConversation } from '../conversations/service.ts';
import { estimate, type Estimate } from '../designs/estimate.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { executionLog } from './events.ts';
import { withIdempotencyKey } from '../../kernel/idempotency.ts';
import {
  contextObject,
  idempotencyKey,
  inspectText,
  parseInput,
  promptText,
  storedText,
} from '../../kernel/input.ts';
import { waitForEvent } from '../../kernel/events/log-stream.ts';
import { dollars } from '../usage/budget.ts';
import { takeRunFromQuota } from '../usage/quota.ts';
import { checkBudget, shortfallOfDay } from '../usage/service.ts';
import { ownedBy } from './policy.ts';
import { designOf, pipelineSource, type SourcedDesign } from './source.ts';

/** What a run would cost and take. Spends nothing. */
export async function estimatePipeline(
  ctx: Context,
  input: EstimatePipelineInput,
): Promise<PipelineEstimate> {
  const viewer = authorize(ctx, 'Query.estimatePipeline');
  const request = parseInput(estimatePipelineInput, input);
  const { design } = await designOf(
    { prisma: ctx.database.prisma, catalog: ctx.catalog },
    viewer,
    request.source,
  );
  const estimated = estimateOf(ctx, design, request.input);
  const shortfall = await shortfallOfDay(ctx, ctx.database, viewer, estimated.costMicros);
  return { ...estimated, withinBudget: shortfall === null };
}

/** Starts a run: its row, its steps, its first event and its job are one transaction; a worker does the rest. */
export async function executePipeline(ctx: Context, input: ExecutePipelineInput): Promise<PipelineExecution> {
  const viewer = authorize(ctx, 'Mutation.executePipeline');
  const request = parseInput(executePipelineInput, input);
  const { text, notices } = inspectText(request.input);

  return ctx.database.transact(async (tx) => {
    const id = await withIdempotencyKey(tx, viewer, 'executePipeline', fingerprintOf(request), async () => {
      const source = await designOf({ prisma: tx.prisma, catalog: ctx.catalog }, viewer, request.source);
      if (source.proposal) await checkReady(tx, viewer, source.proposal);
      const { costMicros } = estimateOf(ctx, source.design, text);
      await checkBudget(ctx, tx, viewer, costMicros, `A run that is expected to cost ${dollars(costMicros)}`);
      await takeRunFromQuota(tx, viewer, ctx.clock());
      return createRun(tx, viewer, source, {
        input: text,
        notices,
        context: request.context ?? undefined,
        costLimitMicros: request.costLimit ?? null,
        estimatedCostMicros: costMicros,
        createdAt: ctx.clock(),
      });
    });
    return tx.prisma.pipelineExecution.findUniqueOrThrow({ where: { id } });
  });
}

/**
 * Asks for the end of a run and waits a moment for it: the worker, wherever it is, closes the provider's stream,
 * settles what was spent and ends the run. An ended run stays as it is.
 */
export async function cancelExecution(ctx: Context, input: CancelExecutionInput): Promise<PipelineExecution> {
  const viewer = authorize(ctx, 'Mutation.cancelExecution');
  const { executionId: id, reason } = parseInput(cancelExecutionInput, input);
  const { head } = await ctx.eventLog.state(executionLog(id));

  const ending = await ctx.database.transact(async (tx) => {
    await tx.sql('SELECT id FROM pipeline_executions WHERE id = $1 FOR UPDATE', [id]);
    const run = await tx.prisma.pipelineExecution.findFirst({ where: { id, ...ownedBy(viewer) } });
    if (!run) throw new NotFoundError('The run');
    if (run.status === 'CANCELLED') return false;
    if (run.finishedAt) {
      throw new ConflictError(`The run has already ended: ${run.status}.`, { type: 'PipelineExecution', id });
    }
    await tx.prisma.pipelineExecution.update({
      where: { id },
      data: { cancelRequestedAt: run.cancelRequestedAt ?? ctx.clock(), cancelReason: reason ?? null },
    });
    tx.append(signalsLog(id), { type: 'cancel' });
    await tx.send('run', id);
    return true;
  });

  if (ending) {
    await waitForEvent(ctx, executionLog(id), head, END_WAIT_MS, ({ type }) => type === 'ExecutionEnded');
  }
  return ctx.database.prisma.pipelineExecution.findUniqueOrThrow({ where: { id } });
}

/** A proposal is run once it has been selected and confirmed, and one run of a conversation at a time. */
async function checkReady(
  tx: Tx,
  viewer: Viewer,
  proposal: NonNullable<SourcedDesign['proposal']>,
): Promise<void> {
  const conversation = await lockConversation(tx, viewer, proposal.conversationId);
  if (conversation.stage !== 'PLAN' || !proposal.selected) {
    const current = { type: 'Conversation', id: conversation.id };
    throw new ConflictError(
      'The proposal is not settled yet. Call selectProposal, then confirmProposal.',
      current,
    );
  }
  const open = await tx.prisma.pipelineExecution.findFirst({
    where: { conversationId: conversation.id, finishedAt: null },
  });
  if (open) {
    const current = { type: 'PipelineExecution', id: open.id };
    throw new ConflictError(
      'A run of this conversation is still open. Wait for its end, or cancel it.',
      current,
    );
  }
}

async function createRun(tx: Tx, viewer: Viewer, source: SourcedDesign, run: NewRun): Promise<string> {
  const { design, proposal } = source;
  const { id } = await tx.prisma.pipelineExecution.create({
    data: {
      ...ownedBy(viewer),
      ...run,
      conversationId: proposal?.conversationId ?? null,
      design,
      requireDifferentApprover: design.requireDifferentApprover,
      steps: {
        create: design.steps.map(({ key, agent, title }, position) => ({ key, agent, title, position })),
      },
    },
  });
  tx.append(executionLog(id), { type: 'ExecutionStatus', status: 'QUEUED', progress: 0 });
  await tx.send('run', id);
  return id;
}

function estimateOf(ctx: Context, design: SourcedDesign['design'], input: string): Estimate {
  return estimate(design, {
    inputTokens: estimateTokens(input),
    priceOf: (step) => ctx.catalog.find({ provider: step.provider, model: step.model }),
  });
}

/** The request without what JSON cannot hold. */
function fingerprintOf(request: z.output<typeof executePipelineInput>) {
  return { ...request, costLimit: request.costLimit == null ? null : String(request.costLimit) };
}

const END_WAIT_MS = 2_000;

const estimatePipelineInput = z.object({ source: pipelineSource, input: promptText });
const executePipelineInput = z.object({
  source: pipelineSource,
  input: promptText,
  context: contextObject,
  costLimit: z.bigint().positive('must be more than 0').nullish(),
  idempotencyKey,
});
const cancelExecutionInput = z.object({
  executionId: z.string(),
  reason: storedText.max(500, 'must be at most 500 characters').nullish(),
});

export type EstimatePipelineInput = z.input<typeof estimatePipelineInput>;
export type ExecutePipelineInput = z.input<typeof executePipelineInput>;
export type CancelExecutionInput = z.input<typeof cancelExecutionInput>;
export interface PipelineEstimate extends Estimate {
  withinBudget: boolean;
}

interface NewRun {
  input: string;
  notices: string[];
  context: Parameters<Tx['prisma']['pipelineExecution']['create']>[0]['data']['context'];
  costLimitMicros: bigint | null;
  estimatedCostMicros: bigint;
  createdAt: Date;
}
