import type { Claim } from '../../../core/claims/claim-keeper.ts';
import { FencedError } from '../../../core/event-log/event-log.ts';
import type { ModelRequest, ModelTask } from '../../../core/llm/language-model.ts';
import { collect, type Completion, completeStructured } from '../../../core/llm/structured.ts';
import type { DesignProposal } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { designSchema } from '../../designs/design.ts';
import { describeFailure, type ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { signalsLog } from '../../../kernel/events/signals.ts';
import { afterFailure, isStalled, retryDelay, retryModelCall } from '../../../kernel/work/retry-policy.ts';
import { mergeDeltas } from '../../conversations/events.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import { streamToLog } from '../../../kernel/work/stream-to-log.ts';
import type { ReplyPlan } from '../engine/reply-plan.ts';
import { ClaimedReply } from './claimed-reply.ts';
import { type Critique, critiqueSchema, currentProposals, type KnownProposal } from '../engine/proposal.ts';
import { replyTo } from '../engine/reply.ts';
import type { Prompt, StructuredModel } from '../engine/structured-model.ts';
import { type DiscussionState, takeTurn } from '../engine/turn.ts';

/**
 * One claim's work on a conversation: its replies, one after the other, until none waits.
 *
 * A reply is decided, then written. What was decided (designs, stages, memory, and the plan of what to say) is
 * stored in one transaction; from then on any worker can write the text. The text is streamed into the
 * conversation's log; an attempt that breaks is discarded there and begins again.
 */
export async function workOnReplies(
  services: Services,
  conversationId: string,
  claim: Claim,
  handover: AbortSignal,
): Promise<void> {
  const { head } = await services.eventLog.state(signalsLog(conversationId));
  const left = new AbortController();
  let current: ReplyWriter | null = null;
  const listening = listen();
  try {
    while (!handover.aborted) {
      const reply = await ClaimedReply.next(services, conversationId, claim);
      if (!reply) return;
      current = new ReplyWriter(reply, handover);
      await current.write();
    }
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
  } finally {
    left.abort();
    await listening;
  }

  /** Every signal of a conversation asks for the end of the reply under way. */
  async function listen(): Promise<void> {
    const signals = services.followers.follow(signalsLog(conversationId), head, left.signal);
    for await (const _signal of signals) await current?.checkCancelled();
  }
}

class ReplyWriter {
  readonly #reply: ClaimedReply;
  readonly #handover: AbortSignal;
  readonly #cancel = new AbortController();
  readonly #signal: AbortSignal;
  /** The call whose text is being streamed. */
  #call: MeteredCall | null = null;

  constructor(reply: ClaimedReply, handover: AbortSignal) {
    this.#reply = reply;
    this.#handover = handover;
    this.#signal = AbortSignal.any([handover, this.#cancel.signal]);
  }

  /** Writes the reply to its end: COMPLETE, FAILED or CANCELLED. A handover leaves it for another worker. */
  async write(): Promise<void> {
    const { message } = this.#reply;
    if (message.cancelRequestedAt) return this.#reply.cancel();
    if (isStalled(message)) return this.#reply.fail(STALLED);
    let reason = 'The worker stopped; the reply starts again.';
    for (let tries = 1; ; tries++) {
      this.#call = null;
      if (!(await this.#reply.startAttempt(reason))) return;
      if (message.cancelRequestedAt) return this.#reply.cancel();
      try {
        const plan = this.#reply.plan ?? (await this.#decide());
        const text = await this.#stream(plan);
        return await this.#reply.complete(text, this.#call!);
      } catch (error) {
        const failure = await this.#failureOf(error, tries);
        if (!failure) return;
        const decision = afterFailure(error, tries);
        if (decision.action === 'LEAVE') throw error;
        if (decision.action === 'FAIL') return this.#fail(failure, error);
        reason = failure.message;
        await retryDelay(decision.delayMs, this.#signal);
      }
    }
  }

  /** Looks whether the person wants this reply to end. What cannot be read just now, they can ask for again. */
  async checkCancelled(): Promise<void> {
    const { services, message } = this.#reply;
    try {
      const row = await services.database.prisma.message.findUnique({
        where: { id: message.id },
        select: { cancelRequestedAt: true },
      });
      if (!row || row.cancelRequestedAt) this.#cancel.abort();
    } catch (error) {
      services.logger.warn({ err: error, messageId: message.id }, 'whether to stop could not be read');
    }
  }

  /** What went wrong with an attempt; null when it was stopped, and the reply is ended or left. */
  async #failureOf(error: unknown, tries: number): Promise<ExecutionErrorData | null> {
    await this.#call?.charge();
    if (error instanceof FencedError) throw error;
    if (this.#cancel.signal.aborted) {
      await this.#reply.cancel();
      return null;
    }
    if (!this.#handover.aborted) return describeFailure(error, null, tries);
    await this.#reply.handOver();
    return null;
  }

  async #fail(failure: ExecutionErrorData, error: unknown): Promise<void> {
    const { services, message } = this.#reply;
    if (failure.code === 'INTERNAL')
      services.logger.error({ err: error, messageId: message.id }, 'reply failed');
    await this.#reply.fail(failure);
  }

  async #decide(): Promise<ReplyPlan> {
    const { services, conversation } = this.#reply;
    const proposals = await services.database.prisma.designProposal.findMany({
      where: { conversationId: conversation.id },
    });
    const turn = await takeTurn(this.#model(), services.discussionFallback, await this.#state(proposals));
    this.#signal.throwIfAborted();
    await this.#reply.storeTurn(turn, proposals);
    return turn.replyPlan;
  }

  async #state(proposals: DesignProposal[]): Promise<DiscussionState> {
    const { services, conversation, question } = this.#reply;
    const context = question.context ?? conversation.context;
    const language = (context as { language?: unknown } | null)?.language;
    return {
      stage: conversation.stage,
      memory: conversation,
      proposals: currentProposals(proposals).map(known),
      messages: await this.#messages(),
      text: question.content,
      context: context as DiscussionState['context'],
      language: typeof language === 'string' ? language : null,
      catalog: {
        models: services.catalog.list().filter((model) => model.available),
        defaultModel: services.catalog.find(),
      },
    };
  }

  /** The last messages before the question, as many as fit the model's context. */
  async #messages(): Promise<DiscussionState['messages']> {
    const { services, conversation, question } = this.#reply;
    const latest = await services.database.prisma.message.findMany({
      where: { conversationId: conversation.id, position: { lt: question.position }, status: 'COMPLETE' },
      orderBy: { position: 'desc' },
      take: MAX_MESSAGES,
    });
    const fitting: DiscussionState['messages'][number][] = [];
    let length = 0;
    for (const { role, content } of latest) {
      length += content.length;
      if (length > MAX_MESSAGES_LENGTH) break;
      fitting.unshift({ role: role === 'USER' ? 'USER' : 'ASSISTANT', content });
    }
    return fitting;
  }

  /** Each call that thinking needs is reserved before and charged at once after. */
  #model(): StructuredModel {
    return {
      generate: (task, prompt, schema) =>
        completeStructured({
          request: { ...this.#request(task, prompt), json: true },
          schema,
          complete: (request) => retryModelCall(() => this.#complete(request), this.#signal),
        }),
    };
  }

  async #complete(request: ModelRequest): Promise<Completion> {
    const call = await this.#open(request);
    try {
      return await collect(call.parts);
    } finally {
      await call.charge();
    }
  }

  async #stream(plan: ReplyPlan): Promise<string> {
    const { services, claim, message, log, conversation, question } = this.#reply;
    const context = (question.context ?? conversation.context) as DiscussionState['context'];
    const { task, prompt } = replyTo(plan, { messages: await this.#messages(), context });
    this.#call = await this.#open(this.#request(task, prompt));
    const { id: messageId, attempt } = message;
    const { text } = await streamToLog(this.#call.parts, (piece) => {
      const event = { type: 'MessageDelta' as const, messageId, attempt, ...piece };
      return services.writer.append(log, claim.fence, event, mergeDeltas);
    });
    return text;
  }

  #request(task: ModelTask, { system, user, maxOutputTokens }: Prompt): ModelRequest {
    const { model } = this.#reply.services.catalog.find();
    return { model, system, messages: [{ role: 'user', content: user }], maxOutputTokens, task };
  }

  #open(request: ModelRequest): Promise<MeteredCall> {
    const { services, payer } = this.#reply;
    return openMeteredCall(services, {
      payer,
      route: services.router.route(),
      request,
      signal: this.#signal,
    });
  }
}

function known(row: DesignProposal): KnownProposal {
  const { strategy, title, summary, changes, selected, estimatedCostMicros, estimatedSeconds } = row;
  return {
    strategy,
    title,
    summary,
    changes,
    selected,
    estimatedCostMicros,
    estimatedSeconds,
    design: designSchema.parse(row.design),
    critique: critiqueSchema.parse(row.critique) satisfies Critique,
  };
}

const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message: 'The reply was started several times without finishing. Send the message again.',
  stepKey: null,
};
const MAX_MESSAGES = 40;
/** In characters; about 8,000 tokens. */
const MAX_MESSAGES_LENGTH = 32_000;
