import { estimateTokens } from '../../../core/llm/tokens.ts';
import type { ModelRequest, ModelStreamPart } from '../../../core/llm/language-model.ts';
import type { Route } from '../../../core/llm/model-router.ts';
import { RouteTrial } from '../../../core/llm/route-trial.ts';
import { createNonce } from '../../../core/prompt-safety/isolate.ts';
import type { Services } from '../../../kernel/context.ts';
import { type Notice, notice } from '../../../kernel/notice.ts';
import { cutNotices } from '../../../kernel/work/cut-notice.ts';
import type { StreamedText } from '../../../kernel/work/stream-to-log.ts';
import {
  runAttempts,
  type StreamedAttempt,
  type StreamedWork,
} from '../../../kernel/work/streamed-attempt.ts';
import { maxOutputTokensOf, type Step } from '../../designs/design.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import type { AgentTask, CollectedSource } from '../agents/agent.ts';
import { agentOf } from '../agents/agents.ts';
import { mergeTokens } from '../events.ts';
import { isFinal } from './machine.ts';
import type { ClaimedRun } from './claimed-run.ts';
import { readRemarks } from './remarks.ts';
import { askAfter } from './step-approval.ts';

/**
 * Executes one step in up to three attempts, each with its own reservation, its own text in the log and its own
 * charge. The outcome is in the state of the run. A stop leaves the step PENDING for the next worker.
 */
export async function executeStep(services: Services, work: StepWork): Promise<void> {
  const { run, step, signal } = work;
  const { writer } = run;
  const { tenantId, ownerId: userId } = run.execution;
  const trial = new RouteTrial();
  const streamed: StreamedWork = {
    trial,
    ids: { executionId: run.execution.id },
    stepKey: step.key,
    async start() {
      const { status, output } = writer.state.step(step.key);
      if (isFinal({ status }) || output !== null) return null;
      const choice = { provider: step.provider, model: step.model };
      const route = trial.next(await services.router.resolve(choice, { tenantId, userId }));
      const number = await writer.startAttempt(step.key, route);
      return new StepAttempt(services, work, route, number);
    },
    fail: (failure) => writer.failStep(step.key, failure),
  };
  await runAttempts(streamed, { signal, logger: services.logger });
}

/** One call to a model for a step, streamed into the run's log. */
class StepAttempt implements StreamedAttempt {
  readonly #services: Services;
  readonly #work: StepWork;
  readonly #route: Route;
  readonly #number: number;
  #call: MeteredCall | null = null;
  /** Notices for the user: suspicious content of collected sources, and a truncated text. */
  #notices: Notice[] = [];
  #knownInputTokens = 0;

  constructor(services: Services, work: StepWork, route: Route, number: number) {
    this.#services = services;
    this.#work = work;
    this.#route = route;
    this.#number = number;
  }

  async open(): Promise<AsyncIterable<ModelStreamPart>> {
    const { run, step, signal } = this.#work;
    const { id, tenantId, ownerId, apiKeyId, costLimitMicros } = run.execution;
    this.#call = await openMeteredCall(this.#services, {
      payer: {
        tenantId,
        userId: ownerId,
        plan: run.plan,
        apiKeyId,
        executionId: id,
        stepKey: step.key,
        executionLimitMicros: costLimitMicros,
      },
      route: this.#route,
      request: await this.#request(),
      signal,
      attempt: this.#number,
    });
    return this.#call.parts;
  }

  append(chunk: { offset: number; text: string }): Promise<void> {
    const { run, step } = this.#work;
    const event = {
      type: 'AgentToken',
      stepKey: step.key,
      agent: step.agent,
      attempt: this.#number,
    } as const;
    return run.log.append({ ...event, ...chunk }, mergeTokens);
  }

  async finish({ text, end }: StreamedText): Promise<void> {
    const { run, step } = this.#work;
    const { key: stepKey } = step;
    const call = this.#call!;
    const about = {
      what: `The output of step ${stepKey}`,
      maxOutputTokens: call.maxOutputTokens,
      isLowered: call.maxOutputTokens < maxOutputTokensOf(step),
      stepKey,
    };
    const notices = [...this.#notices, ...cutNotices(end, about)];
    const result = {
      output: text,
      knownInputTokens: this.#knownInputTokens,
      textTokens: estimateTokens(text),
    };
    if (step.approval?.timing !== 'AFTER_STEP') return run.writer.finishStep(stepKey, result, notices, call);
    await askAfter(run, step, step.approval, { result, notices, call });
  }

  /** Charges the call even if the write fails, because the provider has billed it. */
  async discard(reason: string): Promise<boolean> {
    const { run, step } = this.#work;
    try {
      return await run.writer.discardAttempt(step.key, this.#number, reason, this.#call);
    } catch (error) {
      await this.#call?.charge();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.discard('The run was stopped.');
  }

  async #request(): Promise<ModelRequest> {
    const { run, step, editedPrompt, signal } = this.#work;
    const { request, context } = run.execution;
    const said = await readRemarks(this.#services.database.prisma, run, step);
    const task: AgentTask = {
      step: { ...step, prompt: editedPrompt ?? step.prompt },
      request,
      context: context as AgentTask['context'],
      inputs: run.writer.state.inputsOf(step),
      ...said,
      nonce: createNonce(),
    };
    this.#knownInputTokens = knownInputTokens(task);
    const agent = agentOf(step.agent);
    const collected = await agent.collect?.(task, this.#services.sources, signal);
    this.#notices = collected?.flatMap((source) => noticesOf(step, source)) ?? [];
    return {
      ...agent.buildRequest({ ...task, collected }),
      model: this.#route.model,
      maxOutputTokens: maxOutputTokensOf(step),
    };
  }
}

/** Those that an estimate of the run counts, in the same way. */
function knownInputTokens({ request, step, inputs }: AgentTask): number {
  const read = inputs.reduce((sum, { output }) => sum + estimateTokens(output ?? ''), 0);
  return estimateTokens(request) + estimateTokens(step.prompt ?? '') + read;
}

function noticesOf({ key: stepKey }: Step, { url, title, findings }: CollectedSource): Notice[] {
  return findings.map((finding) => notice('INJECTION_SUSPECTED', finding, { stepKey, source: url ?? title }));
}

export interface StepWork {
  run: ClaimedRun;
  step: Step;
  /** The prompt that an approval has set instead of the step's own. */
  editedPrompt: string | null;
  signal: AbortSignal;
}
