import { FencedError } from '../../../core/event-log/event-log.ts';
import type { ModelRequest } from '../../../core/llm/language-model.ts';
import { createNonce } from '../../../core/prompt-safety/isolate.ts';
import type { Route } from '../../../core/llm/model-router.ts';
import { DEFAULT_MAX_OUTPUT_TOKENS, type Step } from '../../designs/design.ts';
import { describeFailure } from '../../../kernel/execution-error.ts';
import { afterFailure, retryDelay } from '../../../kernel/work/retry-policy.ts';
import { executionLog, mergeTokens } from '../events.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import { streamToLog } from '../../../kernel/work/stream-to-log.ts';
import type { AgentTask } from '../agents/agent.ts';
import { agentOf } from '../agents/agents.ts';
import type { ClaimedRun } from './claimed-run.ts';

/**
 * Runs one step to its end: up to three attempts, each with its own reservation, its own text in the log and its
 * own charge. Never throws for what a provider, a budget or a stop does; a stop leaves the step as it is, for
 * whoever goes on.
 */
export async function executeStep(
  run: ClaimedRun,
  step: Step,
  work: StepWork,
  signal: AbortSignal,
): Promise<StepResult> {
  for (let tries = 1; ; tries++) {
    const attempt = new Attempt(run, step, signal);
    try {
      return { status: 'SUCCEEDED', output: await attempt.execute(work) };
    } catch (error) {
      if (signal.aborted || error instanceof FencedError) {
        await attempt.discard('The run was stopped.');
        return { status: 'STOPPED' };
      }
      const decision = afterFailure(error, tries);
      const failure = describeFailure(error, step.key, tries);
      const reason = decision.action === 'FAIL' ? failure.message : `${failure.message} It is tried again.`;
      await attempt.discard(reason);
      const stored = storedResult(run, step);
      if (stored) return stored;
      if (decision.action === 'LEAVE') throw error;
      if (decision.action === 'FAIL') {
        if (failure.code === 'INTERNAL')
          run.services.logger.error({ err: error, executionId: run.id }, 'step failed');
        await run.failStep(step, failure);
        return { status: 'FAILED' };
      }
      await retryDelay(decision.delayMs, signal);
      if (signal.aborted) return { status: 'STOPPED' };
    }
  }
}

/** What the step's row already says, for a step whose status is final. */
export function storedResult(run: ClaimedRun, step: Step): StepResult | null {
  const { status, output } = run.step(step.key);
  if (status === 'SUCCEEDED') return { status, output: output ?? '' };
  return status === 'SKIPPED' || status === 'FAILED' ? { status } : null;
}

/** One call to a model for a step, streamed into the run's log. */
class Attempt {
  readonly #run: ClaimedRun;
  readonly #step: Step;
  readonly #signal: AbortSignal;
  #number: number | null = null;
  #call: MeteredCall | null = null;
  /** For the run's reader: what was suspicious in the material from outside, and whether the text was cut. */
  #notices: string[] = [];

  constructor(run: ClaimedRun, step: Step, signal: AbortSignal) {
    this.#run = run;
    this.#step = step;
    this.#signal = signal;
  }

  async execute(work: StepWork): Promise<string> {
    const { services, execution } = this.#run;
    const route = services.router.route({ provider: this.#step.provider, model: this.#step.model });
    this.#number = await this.#run.startAttempt(this.#step, route);
    const request = await this.#request(route, work);
    this.#call = await openMeteredCall(services, {
      payer: {
        tenantId: execution.tenantId,
        userId: execution.ownerId,
        plan: this.#run.plan,
        executionId: execution.id,
        stepKey: this.#step.key,
        executionLimitMicros: execution.costLimitMicros,
      },
      route,
      request,
      signal: this.#signal,
    });
    const { text, isCut } = await this.#stream(this.#call, this.#number);
    if (isCut)
      this.#notices.push(
        `The step ${this.#step.key} was cut at its limit of ${request.maxOutputTokens} tokens.`,
      );
    await this.#run.finishStep(this.#step, text, this.#call, this.#notices);
    return text;
  }

  /** Drops what this attempt wrote; the money it spent stays spent. */
  async discard(reason: string): Promise<void> {
    if (this.#number === null) return;
    await this.#run.discardAttempt(this.#step, this.#number, reason, this.#call);
  }

  async #request(route: Route, { inputs, editedPrompt }: StepWork): Promise<ModelRequest> {
    const { execution, services } = this.#run;
    const task: AgentTask = {
      step: { ...this.#step, prompt: editedPrompt ?? this.#step.prompt },
      input: execution.input,
      context: execution.context as AgentTask['context'],
      inputs,
      nonce: createNonce(),
    };
    const agent = agentOf(this.#step.agent);
    const collected = await agent.collect?.(task, services.sources, this.#signal);
    this.#notices = collected?.flatMap((source) => source.findings) ?? [];
    return {
      ...agent.buildRequest({ ...task, collected }),
      model: route.model,
      maxOutputTokens: this.#step.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    };
  }

  #stream(call: MeteredCall, attempt: number): ReturnType<typeof streamToLog> {
    const { services, claim, id } = this.#run;
    const { key: stepKey, agent } = this.#step;
    return streamToLog(call.parts, (piece) => {
      const event = { type: 'AgentToken' as const, stepKey, agent, attempt, ...piece };
      return services.writer.append(executionLog(id), claim.fence, event, mergeTokens);
    });
  }
}

export interface StepWork {
  inputs: AgentTask['inputs'];
  /** What an approval has put in the place of the step's prompt. */
  editedPrompt: string | null;
}

export type StepResult =
  | { status: 'SUCCEEDED'; output: string }
  | { status: 'SKIPPED' }
  | { status: 'FAILED' }
  /** Not run: the run was stopped, or a step before it failed or waits. */
  | { status: 'STOPPED' };
