import { ConflictError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import { BudgetExceededError, QuotaExceededError } from '../usage/errors.ts';
import { MAX_CONTEXT_LENGTH, MAX_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { ESTIMATE_BASIS } from '../designs/estimate.ts';
import { PipelineDesignInput } from '../designs/schema.ts';
import { MAX_INPUT_VALUE_LENGTH } from '../templates/inputs.ts';
import { estimatePipeline, type PipelineEstimate } from './estimate.ts';
import { cancelExecution, executePipeline, MAX_CANCEL_REASON_LENGTH } from './service.ts';
import { ExecutionRef } from './schema.ts';

const PipelineEstimateRef = builder.objectRef<PipelineEstimate>('PipelineEstimate').implement({
  description: 'Estimated cost and duration of a run.',
  fields: (t) => ({
    cost: t.expose('costMicros', {
      type: 'Decimal',
      description: `Expected cost in US dollars, ${ESTIMATE_BASIS}`,
    }),
    maxCost: t.expose('maxCostMicros', {
      type: 'Decimal',
      description:
        'Maximum cost in US dollars, without retries: every step writes its maximum of output tokens and reads the longest input that it can, each byte counted as a token. No run with this request and context reserves more of the budget, whatever its inputs and edited prompts are.',
    }),
    seconds: t.exposeInt('seconds', {
      description: `Expected duration in seconds along the longest path, without time spent waiting for approvals, ${ESTIMATE_BASIS}`,
    }),
    withinBudget: t.exposeBoolean('withinBudget', {
      description: 'Whether your remaining daily budget covers `cost`.',
    }),
  }),
});

const PipelineSourceInput = builder.inputType('PipelineSource', {
  description: 'Source of a design. Set exactly one field.',
  isOneOf: true,
  fields: (t) => ({
    proposalId: t.id({
      description: 'Id of a selected and confirmed proposal of one of your conversations.',
    }),
    templateId: t.id({ description: 'Id of a template that is visible to you.' }),
    design: t.field({ type: PipelineDesignInput, description: 'A complete design, without a conversation.' }),
  }),
});

const TemplateInputValueInput = builder.inputType('TemplateInputValue', {
  description: 'Value of a named input of a template, for one run.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the input.' }),
    value: t.string({
      required: true,
      description: `The value, at most ${MAX_INPUT_VALUE_LENGTH} characters. The agents treat it as data, never as instructions.`,
    }),
  }),
});

builder.queryFields((t) => ({
  estimatePipeline: t.field({
    type: PipelineEstimateRef,
    nullable: true,
    description:
      'Estimates the cost and duration of a run without starting it. Spends nothing. Null when the source does not exist.',
    args: {
      source: t.arg({
        type: PipelineSourceInput,
        required: true,
        description: 'Where the design comes from.',
      }),
      request: t.arg.string({
        description: `Task of the run, at most ${MAX_PROMPT_LENGTH} characters. Default for a proposal: the agreed requirements of its conversation. Default for a design or a template: none, so that only its steps are estimated, without the values of inputs.`,
      }),
      context: t.arg({
        type: 'JSONObject',
        description:
          'Context of the run, for `maxCost`. Default: none. The expected cost knows it from earlier runs.',
      }),
    },
    resolve: (_root, { source, ...run }, ctx) =>
      estimatePipeline(ctx, { source: sourceOf(source), ...run }).catch(nullWhenNotFound),
  }),
}));

mutation(executePipeline, {
  description:
    'Starts a run, which is executed asynchronously: subscribe to `executionEvents`, `agentTokens` or `pipelineProgress` to follow it.',
  success: { execution: { type: ExecutionRef, description: 'The run, with status QUEUED.' } },
  errors: [NotFoundError, ConflictError, UnsafeInputError, BudgetExceededError, QuotaExceededError],
  input: (t) => ({
    source: t.field({
      type: PipelineSourceInput,
      required: true,
      description: 'Where the design comes from.',
    }),
    request: t.string({
      description: `Task of the run, at most ${MAX_PROMPT_LENGTH} characters. Required for a design and a template. Default for a proposal: the agreed requirements of its conversation.`,
    }),
    templateInputs: t.field({
      type: [TemplateInputValueInput],
      description: 'Values of the named inputs of the template. Those without a value have their default.',
    }),
    context: t.field({
      type: 'JSONObject',
      description: `Context from your application, such as activeApp, pathname or language; at most ${MAX_CONTEXT_LENGTH} characters of JSON. The agents treat it as data, never as instructions.`,
    }),
    costLimit: t.field({
      type: 'Decimal',
      description: 'Spending limit of the run in US dollars. Default: only the daily limits apply.',
    }),
  }),
  decodeIds: (input) => ({ ...input, source: sourceOf(input.source) }),
});

mutation(cancelExecution, {
  description:
    'Cancels a run: running model calls are stopped and their cost so far is charged. The mutation waits up to 2 seconds for the run to end. Cancelling a cancelled run has no effect.',
  success: { execution: { type: ExecutionRef, description: 'The run, CANCELLED or about to be.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({
    executionId: t.id({ required: true, description: 'Id of the run.' }),
    reason: t.string({
      description: `Reason for the cancellation, stored with the run. At most ${MAX_CANCEL_REASON_LENGTH} characters.`,
    }),
  }),
  decodeIds: (input) => ({ ...input, executionId: decodeId(input.executionId, 'PipelineExecution') }),
});

function nullWhenNotFound(error: unknown): null {
  if (error instanceof NotFoundError) return null;
  throw error;
}

function sourceOf<Source extends { proposalId?: string | null; templateId?: string | null }>(
  source: Source,
): Source {
  const { proposalId, templateId } = source;
  if (proposalId != null) return { ...source, proposalId: decodeId(proposalId, 'DesignProposal') };
  if (templateId != null) return { ...source, templateId: decodeId(templateId, 'PipelineTemplate') };
  return source;
}
