import { z } from 'zod';
import { ConflictError, NotFoundError, ValidationError } from '../../errors.ts';
import type { PipelineExecution } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { apiKeyIdOf, type Viewer } from '../../access/viewer.ts';
import { changeable, ownedBy } from '../../access/visibility.ts';
import { recordFindings } from '../../kernel/audit/audit.ts';
import type { Context, Services } from '../../kernel/context.ts';
import { lockConversation } from '../conversations/service.ts';
import { keepTemplate } from '../templates/service.ts';
import { templateInputValues } from '../templates/inputs.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { checkApprovers } from './approvers.ts';
import { executionLog } from './events.ts';
import {
  contextObject,
  inspectText,
  promptText,
  rowId,
  maxCharacters,
  storedText,
} from '../../kernel/input.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { waitForEvent } from '../../kernel/events/log-stream.ts';
import { dollars } from '../usage/budget.ts';
import { takeRunFromQuota } from '../usage/quota.ts';
import { type BudgetContext, checkBudget } from '../usage/service.ts';
import { estimateOf } from './estimate.ts';
import { designOf, pipelineSource, type SourcedDesign, withInputs } from './source.ts';

export const MAX_CANCEL_REASON_LENGTH = 500;
const END_WAIT_MS = 2_000;

const executePipelineInput = z.object({
  source: pipelineSource,
  request: promptText.nullish(),
  templateInputs: templateInputValues,
  context: contextObject,
  costLimit: z.bigint().positive('must be more than 0').nullish(),
});

/** Starts a run: writes its row, steps, first event and job in one transaction. A worker then executes it. */
export const executePipeline = useCase(
  'Mutation.executePipeline',
  { input: executePipelineInput, isIdempotent: true, audit: ['injection.suspected', 'injection.refused'] },
  async (ctx: Scope & Pick<Services, 'router'> & Pick<Context, 'client'> & BudgetContext, input) => {
    const { viewer, client } = ctx;
    const catalog = await ctx.router.catalogFor(viewer);
    return ctx.transact(async (tx) => {
      const id = await ctx.createOnce(tx, async () => {
        const source = await designOf({ prisma: tx.prisma, catalog, client }, viewer, input.source);
        if (source.proposal) await checkReady(tx, viewer, source.proposal);
        const request = inspectText(input.request ?? defaultRequest(source));
        const { design, notices } = withInputs(source, input.templateInputs, request.notices);
        await checkApprovers(tx, viewer, design);
        const { costMicros } = await estimateOf(catalog, tx, viewer, design, request.text);
        const what = `A run that is expected to cost ${dollars(costMicros)}`;
        await checkBudget(ctx, tx, viewer, costMicros, what);
        const id = await createRun(
          tx,
          viewer,
          { ...source, design },
          {
            request: request.text,
            notices,
            context: input.context ?? undefined,
            costLimitMicros: input.costLimit ?? null,
            estimatedCostMicros: costMicros,
            createdAt: ctx.clock(),
          },
        );
        await recordFindings((...act) => ctx.record(tx, ...act), notices, { type: 'PipelineExecution', id });
        await takeRunFromQuota(tx, viewer, ctx.clock()); // last: other starts of the user wait for its row
        return id;
      });
      return { execution: await tx.prisma.pipelineExecution.findUniqueOrThrow({ where: { id } }) };
    });
  },
);

/**
 * Requests the end of a run and waits for it up to END_WAIT_MS. The worker, in any process, closes the provider's
 * stream, settles the cost and ends the run.
 */
export const cancelExecution = useCase(
  'Mutation.cancelExecution',
  {
    input: z.object({
      executionId: rowId,
      reason: storedText.check(maxCharacters(MAX_CANCEL_REASON_LENGTH)).nullish(),
    }),
    audit: { none: 'The run shows that it was cancelled and why, by its owner.' },
  },
  async (
    {
      viewer,
      transact,
      database,
      clock,
      ...ctx
    }: Scope & Pick<Services, 'database' | 'eventLog' | 'followers' | 'clock'>,
    { executionId: id, reason },
  ) => {
    const { head } = await ctx.eventLog.state(executionLog(id));

    const isEnding = await transact(async (tx) => {
      await tx.sql('SELECT id FROM pipeline_executions WHERE id = $1 AND tenant_id = $2 FOR UPDATE', [
        id,
        viewer.tenantId,
      ]);
      const where = { id, ...changeable('PipelineExecution', viewer) };
      const run = await tx.prisma.pipelineExecution.findFirst({ where });
      if (!run) throw new NotFoundError('The run');
      if (run.status === 'CANCELLED') return false;
      if (run.finishedAt) {
        throw new ConflictError('WRONG_STATE', `The run has already ended: ${run.status}.`, {
          type: 'PipelineExecution',
          id,
        });
      }
      await requestCancel(tx, run, reason ?? null, clock());
      return true;
    });

    if (isEnding) {
      await waitForEvent(ctx, executionLog(id), head, END_WAIT_MS, ({ type }) => type === 'ExecutionEnded');
    }
    return { execution: await database.prisma.pipelineExecution.findUniqueOrThrow({ where: { id } }) };
  },
);

/** Asks the worker of an open run, in any process, to end it. The caller has locked the row. */
export async function requestCancel(
  tx: Tx,
  { id, cancelRequestedAt }: Pick<PipelineExecution, 'id' | 'cancelRequestedAt'>,
  cancelReason: string | null,
  now: Date,
): Promise<void> {
  await tx.prisma.pipelineExecution.update({
    where: { id },
    data: { cancelRequestedAt: cancelRequestedAt ?? now, cancelReason },
  });
  tx.append(signalsLog(id), { type: 'cancel' });
  await tx.send('run', id);
}

/** The default request of a proposal. Errors: ValidationError for a bare design or a template, which have no default. */
function defaultRequest({ agreed }: SourcedDesign): string {
  if (agreed !== null) return agreed;
  throw new ValidationError([
    {
      code: 'REQUIRED',
      path: ['request'],
      message:
        'A design without a proposal, and a template, require a request. Describe the task of the run.',
    },
  ]);
}

/** A proposal can be run when it is selected and confirmed and no other run of its conversation is open. */
async function checkReady(
  tx: Tx,
  viewer: Viewer,
  proposal: NonNullable<SourcedDesign['proposal']>,
): Promise<void> {
  const conversation = await lockConversation(tx, viewer, proposal.conversationId);
  if (conversation.stage !== 'PLAN' || !proposal.selected) {
    const current = { type: 'Conversation', id: conversation.id };
    throw new ConflictError(
      'WRONG_STATE',
      'The proposal is not confirmed. Call selectProposal, then confirmProposal.',
      current,
    );
  }
  const open = await tx.prisma.pipelineExecution.findFirst({
    where: { conversationId: conversation.id, finishedAt: null },
  });
  if (open) {
    const current = { type: 'PipelineExecution', id: open.id };
    throw new ConflictError(
      'BUSY',
      'Another run of this conversation is in progress. Wait until it ends, or cancel it.',
      current,
    );
  }
}

async function createRun(tx: Tx, viewer: Viewer, source: SourcedDesign, run: NewRun): Promise<string> {
  const { design, proposal, template } = source;
  const { id } = await tx.prisma.pipelineExecution.create({
    data: {
      ...ownedBy(viewer),
      ...run,
      apiKeyId: apiKeyIdOf(viewer),
      conversationId: proposal?.conversationId ?? null,
      templateId: template && (await keepTemplate(tx, template.id)),
      templateSource: template?.source,
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

interface NewRun {
  request: string;
  notices: Notice[];
  context: Parameters<Tx['prisma']['pipelineExecution']['create']>[0]['data']['context'];
  costLimitMicros: bigint | null;
  estimatedCostMicros: bigint;
  createdAt: Date;
}
