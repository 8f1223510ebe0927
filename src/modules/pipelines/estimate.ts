import { z } from 'zod';
import { type ModelPrice, worstCaseMicros } from '../../core/llm/prices.ts';
import type { Tx } from '../../infra/database.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { Context, Services } from '../../kernel/context.ts';
import { contextObject, promptText } from '../../kernel/input.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { type Design, maxOutputTokensOf, type Step } from '../designs/design.ts';
import { estimate, type Estimate } from '../designs/estimate.ts';
import { usualSteps } from '../designs/usual-steps.ts';
import { type BudgetContext, shortfallOfDay } from '../usage/service.ts';
import { largestRequest, type PlannedRun } from './agents/largest-request.ts';
import { designOf, pipelineSource } from './source.ts';

/** Estimates the cost and duration of a run. Spends nothing. */
export const estimatePipeline = useCase(
  'Query.estimatePipeline',
  { input: z.object({ source: pipelineSource, request: promptText.nullish(), context: contextObject }) },
  async (
    ctx: Scope & Pick<Services, 'database' | 'router'> & Pick<Context, 'client'> & BudgetContext,
    input,
  ): Promise<PipelineEstimate> => {
    const { viewer, database, client } = ctx;
    const catalog = await ctx.router.catalogFor(viewer);
    const sources = { prisma: database.prisma, catalog, client };
    const { design, agreed } = await designOf(sources, viewer, input.source);
    const request = input.request ?? agreed ?? '';
    const estimated = await estimateOf(catalog, database, viewer, design, request);
    const shortfall = await shortfallOfDay(ctx, database, viewer, estimated.costMicros);
    const run = { steps: design.steps, request, context: input.context ?? null };
    return {
      ...estimated,
      maxCostMicros: maxCostMicros(run, priceIn(catalog)),
      withinBudget: shortfall === null,
    };
  },
);

/** What a run of this design usually costs and takes in the viewer's tenant. */
export async function estimateOf(
  catalog: Services['catalog'],
  { sql }: Pick<Tx, 'sql'>,
  { tenantId }: Viewer,
  design: Design,
  request: string,
): Promise<Estimate> {
  return estimate(design, {
    request,
    priceOf: priceIn(catalog),
    usualSteps: await usualSteps(sql, tenantId),
  });
}

/**
 * What a run costs at most while no step is retried: the sum of the most that the spending gate can
 * reserve for each step.
 */
export function maxCostMicros(run: PlannedRun, priceOf: (step: Step) => ModelPrice): bigint {
  return run.steps.reduce((sum, step) => {
    const price = priceOf(step);
    const largest = largestRequest(step, run);
    const maxOutputTokens = maxOutputTokensOf(step);
    return sum + worstCaseMicros(price, { ...largest, model: price.model, maxOutputTokens });
  }, 0n);
}

function priceIn(catalog: Services['catalog']) {
  return ({ provider, model }: Step) => catalog.find({ provider, model });
}

export interface PipelineEstimate extends Estimate {
  /** Without retries. */
  maxCostMicros: bigint;
  /** Whether the budget of the day covers the cost. */
  withinBudget: boolean;
}
